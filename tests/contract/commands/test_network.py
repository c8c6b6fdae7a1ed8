"""openstack network, subnet, port, router, security group, floating ip and what is around them."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from shell import Shell  # noqa: E402


class Network(Shell):
    def test_networks_and_subnets(self):
        made = self.ask("network create --description d --mtu 1300 --tag t lan")
        self.assertEqual(("lan", 1300, "d", ["t"]),
                         (made["name"], made["mtu"], made["description"], made["tags"]))
        self.do("network set --name lan2 --disable --description e --tag u lan")
        shown = self.ask("network show lan2")
        self.assertEqual(("e", False), (shown["description"], shown["admin_state_up"]))
        self.assertEqual({"t", "u"}, set(shown["tags"]))
        self.do("network unset --tag u lan2")
        self.assertEqual(["lan2"], self.column("network list --tags t"))
        self.assertEqual(["public"], self.column("network list --external"))
        subnet = self.ask("subnet create --network lan2 --subnet-range 10.7.0.0/24 --gateway 10.7.0.9 "
                          "--dns-nameserver 9.9.9.9 --allocation-pool start=10.7.0.50,end=10.7.0.60 "
                          "--host-route destination=10.8.0.0/24,gateway=10.7.0.3 sub")
        self.assertEqual(("10.7.0.9", ["9.9.9.9"]),
                         (subnet["gateway_ip"], subnet["dns_nameservers"]))
        self.assertEqual([{"start": "10.7.0.50", "end": "10.7.0.60"}], subnet["allocation_pools"])
        self.do("subnet set --name sub2 --no-dhcp --dns-nameserver 8.8.8.8 sub")
        shown = self.ask("subnet show sub2")
        self.assertEqual((False, {"9.9.9.9", "8.8.8.8"}),
                         (shown["enable_dhcp"], set(shown["dns_nameservers"])))
        self.do("subnet unset --dns-nameserver 9.9.9.9 --host-route "
                "destination=10.8.0.0/24,gateway=10.7.0.3 sub2")
        self.assertEqual(["8.8.8.8"], self.ask("subnet show sub2")["dns_nameservers"])
        self.assertEqual(["sub2"], self.column("subnet list --network lan2"))
        self.do("subnet delete sub2")
        self.do("network delete lan2")
        self.refused("network show lan2", "No Network found")

    def test_ports(self):
        self.ask("network create wires")
        self.ask("subnet create --network wires --subnet-range 10.6.0.0/24 wires4")
        port = self.ask("port create --network wires --fixed-ip subnet=wires4,ip-address=10.6.0.77 "
                        "--mac-address fa:16:3e:00:00:77 --description d --tag t plug")
        self.assertEqual(("10.6.0.77", "fa:16:3e:00:00:77", "DOWN"),
                         (port["fixed_ips"][0]["ip_address"], port["mac_address"], port["status"]))
        self.do("port set --name plug2 --allowed-address ip-address=10.6.0.99 --disable plug")
        shown = self.ask("port show plug2")
        self.assertEqual("10.6.0.99", shown["allowed_address_pairs"][0]["ip_address"])
        self.do("port set --no-security-group --disable-port-security --no-allowed-address plug2")
        self.assertFalse(self.ask("port show plug2")["port_security_enabled"])
        self.do("port unset --tag t plug2")
        self.assertIn("plug2", self.column("port list --network wires"))
        self.assertEqual(["plug2"], self.column("port list --fixed-ip ip-address=10.6.0.77"))
        self.do("port delete plug2")
        self.do("network delete wires")

    def test_routers_and_floating_ips(self):
        self.ask("network create inner")
        self.ask("subnet create --network inner --subnet-range 10.5.0.0/24 inner4")
        router = self.ask("router create --description d --tag t gate")
        self.assertEqual("ACTIVE", router["status"])
        self.do("router add subnet gate inner4")
        self.do("router set --external-gateway public --route "
                "destination=10.50.0.0/24,gateway=10.5.0.200 gate")
        shown = self.ask("router show gate")
        self.assertTrue(shown["external_gateway_info"]["external_fixed_ips"])
        self.assertEqual([{"destination": "10.50.0.0/24", "nexthop": "10.5.0.200"}], shown["routes"])
        self.ask("port create --network inner door")
        ip = self.ask("floating ip create --description d --port door public")
        address = ip["floating_ip_address"]
        self.assertIn(address, self.column("floating ip list --router gate", "Floating IP Address"))
        self.do(f"floating ip unset --port {address}")
        self.assertIsNone(self.ask(f"floating ip show {address}")["port_id"])
        self.do(f"floating ip set --port door --description e {address}")
        self.assertEqual("e", self.ask(f"floating ip show {address}")["description"])
        self.do(f"floating ip delete {address}")
        self.do("router unset --route destination=10.50.0.0/24,gateway=10.5.0.200 gate")
        self.do("router unset --external-gateway gate")
        self.refused("router delete gate", "409")
        self.do("router remove subnet gate inner4")
        self.ask("port create --network inner leg")
        self.do("router add port gate leg")
        self.do("router remove port gate leg")
        self.assertEqual(["gate"], self.column("router list --tags t"))
        self.do("router delete gate")
        self.do("port delete door")
        self.do("network delete inner")

    def test_security_groups(self):
        self.ask("security group create --description d --tag t web")
        self.do("security group set --name web2 --description e web")
        rule = self.ask("security group rule create --protocol tcp --dst-port 80:81 "
                        "--remote-ip 10.0.0.0/8 --description r web2")
        self.assertEqual((80, 81, "10.0.0.0/8"), (rule["port_range_min"], rule["port_range_max"],
                                                  rule["remote_ip_prefix"]))
        self.ask("security group rule create --egress --ethertype IPv6 --protocol icmp web2")
        rows = self.ask("security group rule list --protocol tcp web2")
        self.assertEqual(["80:81"], [r["Port Range"] for r in rows])
        self.assertEqual("r", self.ask(f"security group rule show {rule['id']}")["description"])
        self.do(f"security group rule delete {rule['id']}")
        self.do("security group unset --tag t web2")
        self.assertEqual("e", self.ask("security group show web2")["description"])
        self.assertIn("web2", self.column("security group list"))
        self.do("security group delete web2")

    def test_pools_scopes_and_sharing(self):
        self.ask("address scope create --ip-version 4 space")
        self.do("address scope set --name space2 space")
        self.assertEqual(["space2"], self.column("address scope list"))
        pool = self.ask("subnet pool create --pool-prefix 10.100.0.0/16 --default-prefix-length 26 "
                        "--address-scope space2 --description d pool")
        self.assertEqual(26, pool["default_prefixlen"])
        self.do("subnet pool set --pool-prefix 10.101.0.0/16 --description e pool")
        self.assertEqual("e", self.ask("subnet pool show pool")["description"])
        self.ask("network create pooled")
        subnet = self.ask("subnet create --network pooled --subnet-pool pool --prefix-length 28 p4")
        self.assertTrue(subnet["cidr"].endswith("/28"))
        rule = self.ask("network rbac create --type network --action access_as_shared "
                        "--target-project demo pooled")
        self.assertEqual([rule["id"]], [r["ID"] for r in self.ask("network rbac list")
                                        if r["Object ID"] == rule["object_id"]])
        self.do(f"network rbac set --target-project admin {rule['id']}")
        self.assertEqual("network", self.ask(f"network rbac show {rule['id']}")["object_type"])
        self.do(f"network rbac delete {rule['id']}")
        self.do("network delete pooled")
        self.do("subnet pool delete pool")
        self.do("address scope delete space2")

    def test_quotas_and_what_there_is(self):
        self.do("quota set --networks 7 --routers 6 demo")
        limits = self.ask("quota show demo")
        self.assertEqual((7, 6), (limits["networks"], limits["routers"]))
        self.assertIn("subnet_allocation", self.column("extension list --network", "Alias"))
        self.assertEqual("quotas", self.ask("extension show quotas")["alias"])
        self.assertEqual([], self.ask("network agent list"))
        names = self.column("ip availability list", "Network Name")
        self.assertIn("public", names)
        self.assertEqual("public", self.ask("ip availability show public")["network_name"])
