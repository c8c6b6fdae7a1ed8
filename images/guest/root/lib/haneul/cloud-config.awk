# Reads the little of #cloud-config that haneul-guest knows and prints a line
# per order: "hostname NAME", "password USER:PASSWORD", "run COMMAND".
function bare(s) {
    sub(/^[ \t]+/, "", s)
    sub(/[ \t\r]+$/, "", s)
    if (s ~ /^".*"$/ || s ~ /^'.*'$/) s = substr(s, 2, length(s) - 2)
    return s
}

# A YAML list in one line, [ls, "-l"], is the words of a command.
function command(s,  n, i, words, line) {
    if (s !~ /^\[.*\]$/) return bare(s)
    n = split(substr(s, 2, length(s) - 2), words, ",")
    for (i = 1; i <= n; i++) line = line (i > 1 ? " " : "") bare(words[i])
    return line
}

/^[ \t]*(#|$)/ { next }
/^[A-Za-z_]+:/ {
    key = substr($0, 1, index($0, ":") - 1)
    rest = bare(substr($0, index($0, ":") + 1))
    if (key == "hostname") print "hostname " rest
    if (key == "password") print "password haneul:" rest
    next
}
key == "runcmd" && /^[ \t]*- / {
    sub(/^[ \t]*- /, "")
    print "run " command(bare($0))
}
# chpasswd: {list: |} or a YAML list, of user:password either way.
key == "chpasswd" && /^[ \t]*(- )?[a-z0-9_-]+:[^ ]+[ \t\r]*$/ {
    sub(/^[ \t]*(- )?/, "")
    print "password " bare($0)
}
