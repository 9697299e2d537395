"""All that tells people of the end of their runs, built once and put together."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

from traitlets.config import LoggingConfigurable

from mlabs_ext.service.addresses import Addresses
from mlabs_ext.service.channels import NotificationSettings
from mlabs_ext.service.deliveries import Deliveries
from mlabs_ext.service.delivery_loop import DeliveryLoop
from mlabs_ext.service.destinations import Destinations
from mlabs_ext.service.letters import Letters
from mlabs_ext.service.mail import Mail
from mlabs_ext.service.notifications import Notifications
from mlabs_ext.service.outbound import Outbound
from mlabs_ext.service.seals import Seals

CLASSES = [Notifications, NotificationSettings, Deliveries, Mail, Destinations, Outbound]


class Telling:
    """The rules, the ways out, and the loop that sends; `shared` is what all rules stand on."""

    def __init__(
        self, parent: LoggingConfigurable, shared: dict[str, Any], secret: bytes, pool: Executor
    ) -> None:
        addresses: Addresses = shared["addresses"]
        self.mail = Mail(parent=parent)
        self.mail.check(addresses.base)
        self.destinations = Destinations(parent=parent)
        self.outbound = Outbound(parent=parent, destinations=self.destinations)
        self.notifications = Notifications(parent=parent, **shared)
        seals = Seals(secret)
        ways = {"destinations": self.destinations, "mail": self.mail, "seals": seals}
        self.settings = NotificationSettings(parent=parent, **ways, **shared)
        self.deliveries = Deliveries(parent=parent, **shared)
        letters = Letters(addresses, seals, self.mail.sender)
        self.loop = DeliveryLoop(self.deliveries, letters, self.mail, self.outbound, pool)
