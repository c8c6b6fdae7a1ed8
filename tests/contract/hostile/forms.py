"""The form of each service's errors."""


import re

# WebOb's page, for those that do not ask for JSON.
PAGE = re.compile(rb"\A<html>\s*<head>\s*<title>(\d{3}) [^<]+</title>.*</html>\s*\Z", re.S)
WORDS = re.compile(rb"\A(\d{3}) [A-Z][A-Za-z -]+\n\n")


def error(service, answer):
    """What is wrong with the form of an error's body; nothing if it is the service's own."""
    page = PAGE.match(answer.body) or WORDS.match(answer.body)
    if service in ("placement", "glance") and page:
        return None if int(page[1]) == answer.status else "another status"
    try:
        body = answer.json
    except ValueError:
        return "not JSON"
    if answer.status == 401 and service != "keystone":
        # Keystone's middleware says it, in front of every service.
        wanted = {"error": {"code": 401, "title": "Unauthorized",
                            "message": "The request you have made requires authentication."}}
        return None if body == wanted else "not the middleware's form"
    if service == "neutron":
        good = set(body.get("NeutronError", {})) == {"type", "message", "detail"}
    elif service == "placement":
        one = body.get("errors", [{}])[0]
        good = one.get("status") == answer.status and {"title", "detail", "request_id"} <= set(one)
    elif service == "glance":
        good = {"message", "code", "title"} <= set(body)
    else:
        inner = next(iter(body.values())) if len(body) == 1 else {}
        wanted = {"code", "message"} | ({"title"} if service == "keystone" else set())
        good = isinstance(inner, dict) and wanted <= set(inner) and inner["code"] == answer.status
        good = good and (service == "nova" or "error" in body)
        # OAuth 2.0 has a form of its own.
        good = good or service == "keystone" and set(body) == {"error", "error_description"}
    return None if good else "not this service's form"
