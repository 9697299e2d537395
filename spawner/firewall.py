"""What containers of labs may reach: packet filter rules on the engine's machine, made anew whenever asked.

Docker keeps the rules of its chain `DOCKER-USER` apart from its own. Each network of labs has two chains: for
what goes through the machine, and for what goes to the machine itself.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from docker import APIClient
from msgspec import Struct

from mlabs_spawner.engine import FAILURES

TIMEOUT = 60
# Iptables comes in two kinds that do not see each other's rules: the right one is the one that Docker uses.
PRELUDE = """\
PATH=$PATH:/usr/sbin:/sbin
for tool in iptables iptables-nft iptables-legacy; do
  if $tool -w 10 -n -L DOCKER-USER >/dev/null 2>&1; then break; fi
  tool=
done
"""
APPLY = """\
if [ -z "$tool" ]; then
  echo "this user cannot see Docker's chain DOCKER-USER, or there is no iptables" >&2
  exit 3
fi
# Without this, packets between two containers of one bridge pass by all rules.
between=/proc/sys/net/bridge/bridge-nf-call-iptables
[ "$(cat $between)" = 1 ] || echo 1 >$between
$tool-restore -w 10 --noflush <<'RULES' || exit 1
{rules}
RULES
first() {{ $tool -w 10 -C "$@" 2>/dev/null || $tool -w 10 -I "$@"; }}
first DOCKER-USER -i {bridge} -j {through} || exit 1
first INPUT -i {bridge} -j {into} || exit 1
# Containers have no IPv6; the bridge has.
for chain in INPUT FORWARD; do
  ip6tables -w 10 -C $chain -i {bridge} -j DROP 2>/dev/null ||
    ip6tables -w 10 -I $chain -i {bridge} -j DROP 2>/dev/null
done
exit 0
"""
REMOVE = """\
[ -n "$tool" ] || exit 0
$tool -w 10 -D DOCKER-USER -i {bridge} -j {through}
$tool -w 10 -D INPUT -i {bridge} -j {into}
for chain in {through} {into}; do $tool -w 10 -F $chain; $tool -w 10 -X $chain; done
for chain in INPUT FORWARD; do ip6tables -w 10 -D $chain -i {bridge} -j DROP; done
exit 0
"""


class RulesFailed(Exception):
    """The rules could not be made; why, in words."""


class Rules(Struct, frozen=True):
    """What containers on `bridge` may reach: one port of the gateway, name servers, what is not blocked."""

    bridge: str
    gateway: str
    port: int
    blocked: tuple[str, ...]
    allowed: tuple[str, ...] = ()
    nameservers: tuple[str, ...] = ()

    @property
    def names(self) -> dict[str, str]:
        """The bridge and its chains; a chain's name has at most 28 characters."""
        return {
            "bridge": self.bridge,
            "through": f"MLABS-{self.bridge}-FWD",
            "into": f"MLABS-{self.bridge}-IN",
        }

    def apply_script(self) -> str:
        """A shell script that makes the rules, and the same again when run again."""
        return PRELUDE + APPLY.format(rules=self.table(), **self.names)

    def remove_script(self) -> str:
        """A shell script after which there are none."""
        return PRELUDE + REMOVE.format(**self.names)

    def table(self) -> str:
        """The two chains, for iptables-restore: replaced as a whole, so no packet ever meets half of them."""
        through, into = self.names["through"], self.names["into"]
        return "\n".join(
            [
                "*filter",
                f":{through} - [0:0]",
                f":{into} - [0:0]",
                f"-A {into} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
                f"-A {into} -d {self.gateway} -p tcp --dport {self.port} -j ACCEPT",
                *refuse(into),
                f"-A {through} -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN",
                *refuse(f"{through} -o {self.bridge}"),
                *(f"-A {through} -d {network} -j RETURN" for network in self.allowed),
                *(
                    f"-A {through} -d {server} -p {kind} --dport 53 -j RETURN"
                    for server in self.nameservers
                    for kind in ("udp", "tcp")
                ),
                *(rule for network in self.blocked for rule in refuse(f"{through} -d {network}")),
                f"-A {through} -j RETURN",
                "COMMIT",
            ]
        )


def refuse(match: str) -> list[str]:
    """Rules that refuse what matches at once; by ICMP alone, Linux answers a few packets a second."""
    return [
        f"-A {match} -p tcp -j REJECT --reject-with tcp-reset",
        f"-A {match} -j REJECT --reject-with icmp-admin-prohibited",
    ]


Run = Callable[[str], None]


def runner(client: APIClient, bridge: str, image: str) -> Run:
    """What runs a script on the engine's machine: this process where it may, else a container of `image`."""
    if os.geteuid() == 0 and Path("/sys/class/net", bridge).exists():
        return run_here
    return lambda script: run_by_engine(client, image, script)


def run_here(script: str) -> None:
    """Run a script as this user; raise RulesFailed."""
    done = subprocess.run(
        ["/bin/sh", "-c", script], capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    if done.returncode:
        raise RulesFailed(done.stderr.strip() or f"status {done.returncode}")


def run_by_engine(client: APIClient, image: str, script: str) -> None:
    """Run a script as root of the engine's machine, with that machine's own programs; raise RulesFailed.

    Whoever may ask the engine for containers may do this: it is no more than the hub could do before.
    """
    try:
        host = client.create_host_config(
            network_mode="host",
            cap_add=["NET_ADMIN", "NET_RAW"],
            security_opt=["apparmor=unconfined"],
            binds={"/": {"bind": "/mnt", "mode": "rw"}},
        )
        # The entry point of an environment's image is of no use here.
        made = client.create_container(
            image,
            entrypoint=["/usr/sbin/chroot", "/mnt", "/bin/sh", "-c"],
            command=[script],
            user="0",
            host_config=host,
        )
        try:
            client.start(made["Id"])
            status = client.wait(made["Id"], timeout=TIMEOUT)["StatusCode"]
            said = client.logs(made["Id"]).decode(errors="replace").strip()
        finally:
            client.remove_container(made["Id"], force=True, v=True)
    except FAILURES as failure:
        raise RulesFailed(str(failure)) from failure
    if status:
        raise RulesFailed(said or f"status {status}")
