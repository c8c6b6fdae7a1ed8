"""Fills the database of a stopped cloud with many rows like one that the cloud made itself.

Rows are consistent with each other (a server's host has a row, an inventory and allocations;
quotas are counted) but name hosts of another controller, which this process does not look after.
"""

import sqlite3

UUID = ("lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' ||"
        " substr(hex(randomblob(2)), 2) || '-a' || substr(hex(randomblob(2)), 2) || '-' ||"
        " hex(randomblob(6)))")
HEX = "lower(hex(randomblob(16)))"
SECOND = 1_000_000  # of the database's time
HOSTS = 1000
PROJECTS = 1000


class Filler:
    def __init__(self, cloud):
        self.db = sqlite3.connect(cloud.state / "haneul.db", isolation_level=None)
        self.db.execute("PRAGMA synchronous=OFF")
        self.db.execute("PRAGMA cache_size=-262144")

    def __enter__(self):
        self.db.execute("BEGIN")
        return self

    def __exit__(self, kind, value, trace):
        self.db.execute("COMMIT" if kind is None else "ROLLBACK")
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.db.close()

    def multiply(self, table, count, changes, where="1"):
        """`count` more rows like the first that meets `where`, but for what `changes` says: an SQL
        expression a column, in which i runs from 0. Indexes are made anew afterwards."""
        columns = [row[1] for row in self.db.execute(f"PRAGMA table_info({table})")]
        indexes = self.db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND"
                                  " tbl_name = ? AND sql IS NOT NULL", (table,)).fetchall()
        for name, _ in indexes:
            self.db.execute(f"DROP INDEX {name}")
        values = ", ".join(changes.get(c, f't."{c}"') for c in columns)
        self.db.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count})"
            f" INSERT INTO {table} SELECT {values} FROM n,"
            f" (SELECT * FROM {table} WHERE {where} LIMIT 1) t")
        for _, sql in indexes:
            self.db.execute(sql)

    def hosts(self):
        """Those that carry the servers, each with room for what it carries."""
        self.multiply("compute_hosts", HOSTS, {
            "id": f"printf('00000000-0000-4000-8000-%012d', i)", "service_id": UUID,
            "number": "1000000 + i", "host": "printf('far-%04d', i)"})
        self.multiply("placement_providers", HOSTS, {
            "uuid": "printf('00000000-0000-4000-8000-%012d', i)",
            "root_uuid": "printf('00000000-0000-4000-8000-%012d', i)",
            "name": "printf('far-%04d', i)"})
        for name in ("VCPU", "MEMORY_MB", "DISK_GB"):
            self.multiply("placement_inventories", HOSTS, {
                "provider_uuid": "printf('00000000-0000-4000-8000-%012d', i)",
                "total": "10000000", "used": "0"}, f"resource_class = '{name}'")

    def servers(self, count):
        """A third of the caller's project, the rest of a thousand others."""
        self.hosts()
        self.multiply("servers", count, {
            "id": UUID, "number": "1000000 + i", "name": "printf('crowd-%07d', i)",
            "hostname": "printf('crowd-%07d', i)",
            "project_id": f"CASE WHEN i % 3 = 0 THEN t.project_id ELSE"
                          f" printf('%032x', i % {PROJECTS}) END",
            "user_id": f"CASE WHEN i % 3 = 0 THEN t.user_id ELSE"
                       f" printf('%032x', i % {PROJECTS}) END",
            "host": f"printf('far-%04d', i % {HOSTS})",
            "vm_state": "CASE i % 20 WHEN 1 THEN 'stopped' WHEN 2 THEN 'error'"
                        " WHEN 3 THEN 'paused' ELSE 'active' END",
            "power_state": "CASE i % 20 WHEN 1 THEN 4 WHEN 2 THEN 0 WHEN 3 THEN 3 ELSE 1 END",
            "reservation_id": "printf('r-%08d', i)", "locked": "i % 50 = 0",
            "created_at": f"t.created_at - ({count} - i) * {SECOND}",
            "updated_at": f"t.updated_at - ({count} - i * 7919 % {count}) * {SECOND}",
            "launched_at": f"t.launched_at - ({count} - i) * {SECOND} + 500000"},
            "vm_state = 'active'")
        self.allocations()

    def allocations(self):
        self.db.execute(
            "INSERT INTO placement_consumers (uuid, generation, project_id, user_id,"
            " consumer_type, created_at) SELECT id, 1, project_id, user_id, 'INSTANCE', created_at"
            " FROM servers WHERE host LIKE 'far-%'")
        for name, column in (("VCPU", "vcpus"), ("MEMORY_MB", "ram"), ("DISK_GB", "disk")):
            self.db.execute(
                "INSERT INTO placement_allocations (consumer_uuid, provider_uuid, resource_class,"
                f" used, created_at) SELECT s.id, h.id, '{name}', s.{column}, s.created_at"
                f" FROM servers s JOIN compute_hosts h ON h.host = s.host"
                f" WHERE s.host LIKE 'far-%' AND s.{column} > 0")
            self.db.execute(
                "UPDATE placement_inventories SET used = (SELECT COALESCE(SUM(s."
                f"{column}), 0) FROM servers s JOIN compute_hosts h ON h.host = s.host"
                f" WHERE h.id = provider_uuid) WHERE resource_class = '{name}'"
                " AND provider_uuid LIKE '00000000-%'")
        self.db.execute("DELETE FROM quota_usages WHERE service = 'nova'")
        for name, what in (("instances", "COUNT(*)"), ("cores", "SUM(vcpus)"),
                           ("ram", "SUM(ram)")):
            self.db.execute("INSERT INTO quota_usages (service, project_id, resource, used) SELECT"
                            f" 'nova', project_id, '{name}', {what} FROM servers GROUP BY"
                            " project_id")

    def networks(self, count):
        self.multiply("networks", count, {
            "id": UUID, "name": "printf('crowd-%06d', i)", "subnets": "'[]'", "shared": "0",
            "segmentation_id": "1000000 + i",
            "project_id": f"CASE WHEN i % 3 = 0 THEN t.project_id ELSE"
                          f" printf('%032x', i % {PROJECTS}) END"}, "name = 'bench'")
        self.count("network", "networks")

    def ports(self, count):
        """Without addresses, on one network."""
        self.multiply("ports", count, {
            "id": UUID, "name": "printf('crowd-%06d', i)", "fixed_ips": "'[]'",
            "dns_assignment": "'[]'", "device_id": "''", "security_groups": "'[]'",
            "mac_address": "printf('fa:16:40:%02x:%02x:%02x', i / 65536, i / 256 % 256, i % 256)"},
            "name = 'bench'")
        self.count("port", "ports")

    def count(self, resource, table):
        self.db.execute("DELETE FROM quota_usages WHERE service = 'neutron' AND resource = ?",
                        (resource,))
        self.db.execute("INSERT INTO quota_usages (service, project_id, resource, used) SELECT"
                        f" 'neutron', project_id, ?, COUNT(*) FROM {table} GROUP BY project_id",
                        (resource,))

    def images(self, count):
        """Records without data."""
        self.multiply("images", count, {
            "id": UUID, "name": "printf('crowd-%06d', i)",
            "created_at": f"t.created_at - ({count} - i) * {SECOND}"}, "name = 'bench'")

    def users(self, count):
        self.multiply("users", count, {"id": HEX, "name": "printf('crowd-%06d', i)"},
                      "name = 'demo'")
