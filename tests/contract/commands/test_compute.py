"""openstack image, flavor, keypair, server, aggregate, hypervisor, and osc-placement's commands."""

import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from shell import Shell  # noqa: E402


class Image(Shell):
    def test_images(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"bytes of an image")
            file.flush()
            made = self.ask(f"image create --file {file.name} --disk-format raw "
                            "--container-format bare --property colour=red --tag t --min-ram 32 pic")
        shown = self.ask("image show pic")
        self.assertEqual(("active", 17, 32), (shown["status"], shown["size"], shown["min_ram"]))
        self.assertEqual("red", shown["properties"]["colour"])
        self.do("image set --name pic2 --property size_of=7 --tag u --protected pic")
        self.refused("image delete pic2", "403")
        self.do("image unset --property colour --tag t pic2")
        self.do("image set --unprotected --private pic2")
        shown = self.ask("image show pic2")
        self.assertEqual((["u"], "private"), (shown["tags"], shown["visibility"]))
        self.assertNotIn("colour", shown["properties"])
        self.assertIn("pic2", self.column("image list --private"))
        self.assertEqual(["pic2"], self.column("image list --tag u"))
        with tempfile.TemporaryDirectory() as place:
            self.do(f"image save --file {place}/copy pic2")
            self.assertEqual(b"bytes of an image", pathlib.Path(place, "copy").read_bytes())
        self.do("image set --shared pic2")
        demo = self.ask("project show demo")["id"]
        self.ask("image add project pic2 demo")
        rows = self.ask("image member list pic2")
        self.assertEqual([(demo, "pending")], [(r["Member ID"], r["Status"]) for r in rows])
        self.do("image remove project pic2 demo")
        self.do("image set --deactivate pic2")
        self.assertEqual("deactivated", self.ask("image show pic2")["status"])
        self.do("image set --activate pic2")
        self.do(f"image delete {made['id']}")
        self.refused("image show pic2", "No Image found")


class Compute(Shell):
    def test_flavors(self):
        made = self.ask("flavor create --ram 128 --disk 1 --vcpus 2 --property hw:cpu_policy=shared "
                        "--description d --private --project demo small")
        self.assertEqual((128, 2, False), (made["ram"], made["vcpus"],
                                           made["os-flavor-access:is_public"]))
        self.do("flavor set --property hw:cpu_threads=2 --description e small")
        self.do("flavor unset --property hw:cpu_policy small")
        shown = self.ask("flavor show small")
        self.assertEqual(({"hw:cpu_threads": "2"}, "e"), (shown["properties"], shown["description"]))
        self.assertEqual(1, len(shown["access_project_ids"]))
        self.do("flavor set --project admin small")
        self.do("flavor unset --project demo small")
        self.assertIn("small", self.column("flavor list --private"))
        self.do("flavor delete small")

    def test_keypairs_and_groups(self):
        with tempfile.TemporaryDirectory() as place:
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{place}/key"],
                           check=True)
            self.ask(f"keypair create --public-key {place}/key.pub mine")
        self.assertEqual("ssh", self.ask("keypair show mine")["type"])
        self.assertTrue(self.do("keypair show --public-key mine").startswith("ssh-ed25519 "))
        self.assertEqual(["mine"], self.column("keypair list"))
        self.do("keypair delete mine")
        self.ask("server group create --policy soft-anti-affinity apart")
        self.assertEqual(["apart"], self.column("server group list"))
        self.assertEqual("soft-anti-affinity", self.ask(
            "--os-compute-api-version 2.64 server group show apart")["policy"])
        self.do("server group delete apart")

    def boot(self, name, more=""):
        return self.ask("--os-compute-api-version 2.37 server create "
                        f"--image haneul-guest --flavor m1.nano --nic none --wait "
                        f"{more} {name}")

    def test_servers(self):
        self.assertEqual("ACTIVE", self.boot("one", "--property a=b --description d")["status"])
        self.do("server set --property c=d --name uno one")
        self.assertEqual({"a": "b", "c": "d"}, self.ask("server show uno")["properties"])
        self.do("server unset --property a uno")
        self.do("--os-compute-api-version 2.26 server set --tag t uno")
        self.assertEqual(["uno"], self.column("--os-compute-api-version 2.26 server list --tags t"))
        self.do("--os-compute-api-version 2.26 server unset --tag t uno")
        self.assertIn("login:", self.do("console log show uno"))
        for verb, status in (("stop", "SHUTOFF"), ("start", "ACTIVE"), ("pause", "PAUSED"),
                             ("unpause", "ACTIVE")):
            self.do(f"server {verb} uno")
            self.waits("uno", status)
        self.do("server reboot --hard --wait uno")
        self.do("server lock uno")
        self.assertTrue(self.ask("--os-compute-api-version 2.73 server show uno")["locked"])
        self.do("server unlock uno")
        self.do("server rebuild --wait --image haneul-guest uno")
        self.do("server set --state error uno")
        self.assertEqual(["uno"], self.column("server list --status ERROR"))
        self.do("server set --state active uno")
        events = self.column("server event list uno", "Action")
        self.assertLessEqual({"create", "stop", "start", "reboot", "rebuild"}, set(events))
        self.assertIn("uno", self.column("server list --long --all-projects"))
        self.assertEqual([], self.ask("server volume list uno"))
        self.do("server delete --wait uno")
        self.refused("server show uno", "uno")

    def waits(self, name, status):
        import waiting
        waiting.until(f"{name} is {status}", 20,
                      lambda: self.ask(f"server show {name}")["status"] == status, 0.02)

    def test_servers_on_networks(self):
        self.ask("network create wired")
        self.ask("subnet create --network wired --subnet-range 10.4.0.0/24 wired4")
        self.ask("security group create first")
        server = self.ask("server create --image haneul-guest --flavor m1.nano --network wired "
                          "--security-group first --wait plugged")
        address = server["addresses"]["wired"][0]
        self.assertEqual([address], [p["Fixed IP Addresses"][0]["ip_address"]
                                     for p in self.ask("port list --server plugged")])
        self.ask("security group create extra")
        self.do("server add security group plugged extra")
        self.assertEqual({"first", "extra"}, {g["name"] for g in self.ask(
            "server show plugged")["security_groups"]})
        self.do("server remove security group plugged extra")
        self.do("server delete --wait plugged")
        self.do("network delete wired")

    def test_hosts(self):
        made = self.ask("aggregate create --zone east --property a=b rack")
        self.assertEqual("east", made["availability_zone"])
        host = self.column("compute service list --service nova-compute", "Host")[0]
        self.ask(f"aggregate add host rack {host}")
        self.do("aggregate set --property c=d --name rack2 rack")
        self.do("aggregate unset --property a rack2")
        shown = self.ask("aggregate show rack2")
        self.assertEqual(([host], {"c": "d"}), (shown["hosts"], shown["properties"]))
        self.assertIn("east", self.column("availability zone list --compute", "Zone Name"))
        self.ask(f"aggregate remove host rack2 {host}")
        self.assertEqual(["rack2"], self.column("aggregate list"))
        self.do("aggregate delete rack2")
        self.do(f"compute service set --disable --disable-reason dust {host} nova-compute")
        rows = self.ask("compute service list --long")
        self.assertEqual(["dust"], [r["Disabled Reason"] for r in rows if r["Host"] == host])
        self.do(f"compute service set --enable {host} nova-compute")
        self.assertEqual(3, len(self.ask("hypervisor list")))
        self.assertEqual(host, self.ask(f"hypervisor show {host}")["service_host"])
        self.assertEqual(3, self.ask("hypervisor stats show")["count"])
        self.do("quota set --instances 12 --cores 30 demo")
        limits = self.ask("quota show demo")
        self.assertEqual((12, 30), (limits["instances"], limits["cores"]))
        limits = {r["Name"]: r["Value"] for r in self.ask("limits show --absolute")}
        self.assertIn("maxTotalInstances", limits)
        self.ask("usage list")


class Placement(Shell):
    V = "--os-placement-api-version 1.39 "

    def test_providers(self):
        made = self.ask(self.V + "resource provider create shelf")
        uuid = made["uuid"]
        self.ask(self.V + f"resource provider set --name shelf2 {uuid}")
        self.assertEqual(["shelf2"], self.column(
            self.V + "resource provider list --name shelf2", "name"))
        self.assertEqual("shelf2", self.ask(self.V + f"resource provider show {uuid}")["name"])
        rows = self.ask(self.V + f"resource provider inventory set {uuid} --resource VCPU=8 "
                                 "--resource MEMORY_MB=1024")
        self.assertEqual({"VCPU": 8, "MEMORY_MB": 1024},
                         {r["resource_class"]: r["total"] for r in rows})
        self.ask(self.V + f"resource provider inventory class set {uuid} VCPU --total 9")
        self.assertEqual(9, self.ask(
            self.V + f"resource provider inventory show {uuid} VCPU")["total"])
        self.assertEqual({"VCPU", "MEMORY_MB"}, set(self.column(
            self.V + f"resource provider inventory list {uuid}", "resource_class")))
        self.do(self.V + "trait create CUSTOM_SHINY")
        self.ask(self.V + f"resource provider trait set --trait CUSTOM_SHINY {uuid}")
        self.assertEqual(["CUSTOM_SHINY"], self.column(
            self.V + f"resource provider trait list {uuid}", "name"))
        self.do(self.V + "resource class create CUSTOM_LAMP")
        self.assertIn("CUSTOM_LAMP", self.column(self.V + "resource class list", "name"))
        self.do(self.V + "resource class delete CUSTOM_LAMP")
        consumer = "0b5d7a4e-6d0f-4d7c-9c57-3a1c2b1c9d22"
        project = self.ask("project show admin")["id"]
        user = self.ask("user show admin")["id"]
        self.ask(self.V + f"resource provider allocation set {consumer} --allocation "
                          f"rp={uuid},VCPU=2 --project-id {project} --user-id {user} "
                          "--consumer-type INSTANCE")
        rows = self.ask(self.V + f"resource provider allocation show {consumer}")
        self.assertEqual({"VCPU": 2}, rows[0]["resources"])
        usage = {r["resource_class"]: r["usage"]
                 for r in self.ask(self.V + f"resource provider usage show {uuid}")}
        self.assertEqual(2, usage["VCPU"])
        rows = self.ask(self.V + "allocation candidate list --resource VCPU=3 --required CUSTOM_SHINY")
        self.assertEqual([uuid], [r["resource provider"] for r in rows])
        self.do(self.V + f"resource provider allocation delete {consumer}")
        self.do(self.V + f"resource provider trait delete {uuid}")
        self.do(self.V + "trait delete CUSTOM_SHINY")
        self.do(self.V + f"resource provider inventory delete {uuid}")
        self.do(self.V + f"resource provider delete {uuid}")


class Process(Shell):
    """The command itself, as a user starts it."""

    def openstack(self, *arguments):
        return subprocess.run(["openstack", *arguments], capture_output=True, text=True, timeout=60)

    def test_a_handful(self):
        done = self.openstack("token", "issue", "-f", "value", "-c", "id")
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertGreater(len(done.stdout.strip()), 50)
        done = self.openstack("--os-cloud", "haneul-demo", "server", "list", "--long")
        self.assertEqual(0, done.returncode, done.stderr)
        done = self.openstack("versions", "show", "-f", "value", "-c", "Service Type")
        self.assertLessEqual({"identity", "compute", "network", "image", "placement"},
                             set(done.stdout.split()), done.stderr)
        done = self.openstack("network", "show", "nowhere")
        self.assertEqual(1, done.returncode)
        self.assertIn("No Network found for nowhere", done.stderr)
