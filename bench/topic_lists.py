"""Pages of a thousand."""

from load import Client, harness, memory, wrk


def measure(report, smoke):
    count, seconds = (20, 1) if smoke else (1000, 5)
    with harness.Cloud(simulated=True, hosts=100) as cloud:
        client = Client(cloud).make_room()
        client.boot(count)
        servers = f"{client.url}/compute/v2.1/servers/detail?limit=1000"
        ports = f"{client.url}/networking/v2.0/ports?limit=1000"
        report.upstream("1,000 servers with details",
                        wrk(servers, client.auth, seconds, connections=2), 300)
        report.upstream("1,000 ports listed",
                        wrk(ports, client.auth, seconds, connections=2), 100)
        report.add("resident after the lists", memory(cloud), "MiB")
