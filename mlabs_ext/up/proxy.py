"""The proxy, which calls nothing absent only because everything is still starting."""

from __future__ import annotations

from typing import Any

from jupyterhub.proxy import ConfigurableHTTPProxy

# Nobody listens at this port. What has no route yet is sent there, and answered 503: come again.
NOWHERE = ("--default-target", "http://127.0.0.1:1")


class HubLastProxy(ConfigurableHTTPProxy):
    """Learns the hub's route after all others: it takes whatever has none, and the hub answers that 404."""

    async def restore_routes(self) -> None:
        """Tell a proxy that was started again all routes."""
        await self._add_others(self.app.users, self.app._service_map)
        await self.add_hub_route(self.app.hub)

    async def check_routes(
        self, user_dict: dict[Any, Any], service_dict: dict[str, Any], routes: dict[str, Any] | None = None
    ) -> None:
        """Add what is missing, and remove what should not be there."""
        routes = routes or await self.get_all_routes()
        if self.app.hub.routespec not in routes:
            await self._add_others(user_dict, service_dict)
            routes = await self.get_all_routes()
        await super().check_routes(user_dict, service_dict, routes)

    async def _add_others(self, users: dict[Any, Any], services: dict[str, Any]) -> None:
        await self.add_all_services(services)
        await self.add_all_users(users)
