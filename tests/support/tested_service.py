"""The service, with pages that tests need besides its own."""

from __future__ import annotations

from mlabs_ext.service.app import MLabsService


def test_routes() -> list[tuple]:
    """What the tests need of the service besides its own pages."""
    from mlabs_ext.service.web.page_base import PageHandler

    class Xsrf(PageHandler):
        async def get(self) -> None:
            self.finish(self.xsrf_token)

    class Broken(PageHandler):
        async def get(self) -> None:
            raise ZeroDivisionError("a secret of ours")

    from mlabs_ext.service.web.base import BaseHandler

    class BrokenCall(BaseHandler):
        async def get(self) -> None:
            raise ZeroDivisionError("a secret of ours")

    return [("test/xsrf", Xsrf), ("test/broken", Broken), ("api/v1/test/broken", BrokenCall)]


class TestedService(MLabsService):
    """The service, with those routes."""

    __test__ = False

    def routes(self) -> list[tuple]:
        return [*test_routes(), *super().routes()]
