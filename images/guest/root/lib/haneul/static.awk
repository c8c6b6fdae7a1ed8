# Reads flattened network_data.json (see json.awk) and prints the commands that
# give the card nic with address mac what it has for it. Prints nothing if the
# card has a network to be asked about by DHCP, or is not mentioned.
BEGIN { FS = "=" }
{ data[$1] = $2 }
END {
    for (i = 0; ("links." i ".id") in data; i++)
        if (tolower(data["links." i ".ethernet_mac_address"]) == mac) link = i
    if (link == "") exit
    id = data["links." link ".id"]
    for (i = 0; ("networks." i ".type") in data; i++) {
        if (data["networks." i ".link"] != id) continue
        type = data["networks." i ".type"]
        if (type == "ipv4_dhcp") exit
        if (type == "ipv4" || type == "ipv6") commands = commands network("networks." i, type)
    }
    if (mtu = data["links." link ".mtu"])
        print "ip link set " nic " mtu " mtu "; say mtu " nic " " mtu
    printf "%s", commands
    for (i = 0; ("services." i ".address") in data; i++)
        print "echo nameserver " data["services." i ".address"] " >>/run/resolv.conf"
}

function network(at, type,  address, out, i, to, ip) {
    ip = type == "ipv6" ? "ip -6" : "ip"
    address = data[at ".ip_address"]
    if (address !~ /\//) address = address "/" length_of(data[at ".netmask"])
    out = ip " addr add " address " dev " nic "; say address " nic " " address "\n"
    for (i = 0; (at ".routes." i ".network") in data; i++) {
        to = data[at ".routes." i ".network"] "/" length_of(data[at ".routes." i ".netmask"])
        out = out ip " route add " to " via " data[at ".routes." i ".gateway"] " dev " nic "\n"
    }
    return out
}

# The prefix length of a netmask, 255.255.255.0 or ffff:ffff::, or a length.
function length_of(mask,  n, parts, i, bits, digit) {
    if (mask ~ /^[0-9]+$/) return mask
    if (mask ~ /:/) {
        gsub(/:/, "", mask)
        for (i = 1; i <= length(mask); i++) {
            digit = substr(mask, i, 1)
            bits += digit == "f" ? 4 : digit == "e" ? 3 : digit == "c" ? 2 : digit == "8" ? 1 : 0
        }
        return bits + 0
    }
    n = split(mask, parts, ".")
    for (i = 1; i <= n; i++)
        for (; parts[i] > 0; parts[i] = parts[i] * 2 % 256) bits++
    return bits + 0
}
