"""Pages of 1,000,000 servers."""

import sqlite3

from fill import Filler
from load import Client, harness, memory
from pages import Pages
from topic_start import seconds_to_ready

SORT_KEYS = ("access_ip_v4", "access_ip_v6", "auto_disk_config", "availability_zone",
             "config_drive", "created_at", "display_name", "host", "hostname", "image_ref",
             "key_name", "launch_index", "launched_at", "locked", "power_state", "project_id",
             "task_state", "terminated_at", "updated_at", "user_id", "uuid", "vm_state")
DETAIL = "/compute/v2.1/servers/detail"


def markers(cloud, count):
    """Ids in the middle and near the end of the default order: of all, and of the admin's."""
    with sqlite3.connect(f"file:{cloud.state}/haneul.db?mode=ro", uri=True) as db:
        def at(where, offset):
            return db.execute(f"SELECT id FROM servers WHERE {where} ORDER BY created_at DESC"
                              " LIMIT 1 OFFSET ?", (offset,)).fetchone()[0]
        own = "project_id = (SELECT id FROM projects WHERE name = 'admin' AND is_domain = 0)"
        return ([at("1", count // 2), at("1", count - 5)],
                [at(own, count // 6), at(own, count // 3 - 3)])


def everyday(pages, client, all_ids, own_ids):
    for limit in (100, 1000):
        for scope, ids in (("all_tenants=1", all_ids), ("", own_ids)):
            base = f"{DETAIL}?limit={limit}&{scope}"
            pages.ask(base)
            for marker in ids:
                pages.ask(f"{base}&marker={marker}")
            for status in ("ACTIVE", "SHUTOFF", "ERROR", "PAUSED", "BUILD"):
                pages.ask(f"{base}&status={status}")
            for name in ("^crowd-0000003$", "^crowd-00001"):
                pages.ask(f"{base}&name={name}")
            pages.ask(f"{base}&host=far-0007")
        pages.ask(f"{DETAIL}?limit={limit}&all_tenants=1&project_id={7:032x}")
        pages.ask(f"{DETAIL}?limit={limit}&all_tenants=1&tenant_id={7:032x}")


def sorted_pages(pages, all_ids, own_ids):
    for key in SORT_KEYS:
        for direction in ("asc", "desc"):
            for limit, scope, marker in ((1000, "all_tenants=1&", ""), (1000, "", ""),
                                         (100, "all_tenants=1&", all_ids[0]), (100, "", own_ids[0])):
                path = f"{DETAIL}?{scope}limit={limit}&sort_key={key}&sort_dir={direction}"
                pages.ask(path + (f"&marker={marker}" if marker else ""))


def measure(report, smoke):
    count = 2000 if smoke else 1_000_000
    with harness.Cloud(simulated=True, hosts=5) as cloud:
        Client(cloud).make_room().boot(1)
        cloud.down()
        with Filler(cloud) as filler:
            filler.servers(count)
        report.at_most(f"ready with {count:,} servers", seconds_to_ready(cloud), "s", 1)
        report.at_most(f"resident then with {count:,} servers", memory(cloud), "MiB", 64)
        client = Client(cloud)
        all_ids, own_ids = markers(cloud, count)
        with Pages(report, client, f"{count:,} servers") as pages:
            everyday(pages, client, all_ids, own_ids)
        with Pages(report, client, f"{count:,} servers, sorted") as pages:
            sorted_pages(pages, all_ids, own_ids)
        with Pages(report, client, f"{count:,} servers, a part of a name", 1000) as pages:
            pages.ask(f"{DETAIL}?limit=100&all_tenants=1&name=crowd-00")
            pages.ask(f"{DETAIL}?limit=100&all_tenants=1&name=not-there")
