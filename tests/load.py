"""Many callers at once, for a little while: what threads do to each other shows."""

import threading

import rest
import waiting

CALLERS = 8
ROUNDS = 12


def work(api, wrong, number):
    """One caller's rounds: something of every service is made, seen and removed."""
    def send(method, path, body=None, good=(200, 201, 202, 204)):
        answer = api.send(method, path, body)
        if answer.status not in good:
            wrong.append(f"{method} {path}: {answer.status} {answer.body[:200]}")
        return answer

    for round_ in range(ROUNDS):
        name = f"load-{number}-{round_}"
        server = api.boot(name)
        if server.status != 202:
            wrong.append(f"boot: {server.status} {server.body[:200]}")
            continue
        network = send("POST", "/networking/v2.0/networks", {"network": {"name": name}})
        group = send("POST", "/identity/v3/groups", {"group": {"name": name}})
        image = send("POST", "/image/v2/images", {"name": name})
        for path in ("/compute/v2.1/servers/detail", "/networking/v2.0/ports", "/image/v2/images",
                     "/identity/v3/users", "/placement/resource_providers",
                     "/compute/v2.1/os-hypervisors"):
            send("GET", path)
        send("DELETE", "/compute/v2.1/servers/" + server.json["server"]["id"])
        send("DELETE", "/networking/v2.0/networks/" + network.json["network"]["id"])
        send("DELETE", "/identity/v3/groups/" + group.json["group"]["id"])
        send("DELETE", "/image/v2/images/" + image.json["id"])


def run(cloud):
    """What went wrong, in lines."""
    wrong = []
    url, state = cloud.env["HANEUL_URL"], cloud.env["HANEUL_STATE"]
    first = rest.Api(url, state)
    first.unlimit()

    def call(number):
        try:
            api = rest.Api(url, state)
            work(api, wrong, number)
            api.connection.close()
        except Exception as error:  # a thread's failure is a line
            wrong.append(f"caller {number}: {error!r}")

    callers = [threading.Thread(target=call, args=(n,)) for n in range(CALLERS)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    try:
        waiting.until("the servers are gone", 60,
                      lambda: not first.send("GET", "/compute/v2.1/servers").json["servers"])
        waiting.until("doctor finds nothing", 60, lambda: cloud.doctor()[0] == 0, pause=1)
    except (waiting.Late, OSError) as error:
        wrong.append(str(error))
    return wrong
