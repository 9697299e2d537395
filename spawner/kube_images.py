"""Pods that wait in vain for an image: noticed at once, and in words, instead of when the start times out."""

from __future__ import annotations

import asyncio
from typing import Any

from kubespawner import KubeSpawner

from mlabs_spawner.tagged import ImageGone, TaggedImages, is_gone

# Why a container waits that does not get its image; of the first two, time may tell.
NO_IMAGE = {"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"}
FINAL = {"ErrImageNeverPull", "InvalidImageName"}


class KubeImages(TaggedImages):
    """The part of the Kubernetes spawner that says so."""

    namespace: str
    pod_name: str
    pod_reflector: Any

    async def start_pod(self) -> tuple[str, int]:
        """Upstream's start, given up as soon as a node says that there is no such image."""
        starting = asyncio.ensure_future(super().start())
        failing = asyncio.ensure_future(self.image_fails())
        try:
            await asyncio.wait({starting, failing}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                return starting.result()
            failing.result()
        finally:
            failing.cancel()
            starting.cancel()
        await asyncio.wait({starting})
        # Upstream's own: for the ledger, this server goes on to start.
        await KubeSpawner.stop(self, now=True)
        raise ImageGone(f"The cluster finds no image {self.image}. {self.how_to_provide()}")

    async def image_fails(self) -> None:
        """Return when the pod waits in vain for its image."""
        while not self.waits_in_vain():
            await asyncio.sleep(0.5)

    def waits_in_vain(self) -> bool:
        """Whether the image is gone, or cannot be had while the environment has a newer one.

        A registry that is away may answer again: for the current image, that is waited for.
        """
        pods = self.pod_reflector.pods if self.pod_reflector else {}
        pod = pods.get(f"{self.namespace}/{self.pod_name}")
        # It may be an earlier one's, which is on its way out.
        if pod is None or pod["spec"]["containers"][0]["image"] != self.image:
            return False
        states = [one["state"].get("waiting") or {} for one in pod["status"].get("containerStatuses") or []]
        failed = [one for one in states if one.get("reason") in NO_IMAGE]
        return any(
            self.image != self.current_image
            or one["reason"] in FINAL
            or is_gone(one.get("message") or "", "not found")
            for one in failed
        )
