# Flattens JSON to lines a shell can read: {"a": {"b": ["x"]}} is a.b.0=x.
# A newline inside a value becomes a space, one at its end goes.
{ text = text $0 "\n" }
END { value("") }

# Cuts the next token off the text: a punctuation mark, a string with its
# quotes, or a bare word. Returns "" at the end.
function token(  t) {
    sub(/^[ \t\r\n]+/, "", text)
    if (!match(text, /^("([^"\\]|\\.)*"|[-+.0-9A-Za-z]+|.)/)) return ""
    t = substr(text, 1, RLENGTH)
    text = substr(text, RLENGTH + 1)
    return t
}

function peek() {
    sub(/^[ \t\r\n]+/, "", text)
    return substr(text, 1, 1)
}

function unquoted(t) {
    if (t !~ /^"/) return t == "null" ? "" : t
    t = substr(t, 2, length(t) - 2)
    if (!index(t, "\\")) return t
    gsub(/\\\\/, "\001", t) # so that the n of \\n is not taken for a newline
    gsub(/(\\[nrt])+$/, "", t)
    gsub(/\\[nrt]/, " ", t)
    gsub(/\\/, "", t) # \" and \/ are left; \u is beyond us
    gsub(/\001/, "\\", t)
    return t
}

function value(path,  t, n, end, key) {
    t = token()
    if (t != "{" && t != "[") {
        print path "=" unquoted(t)
        return
    }
    end = t == "{" ? "}" : "]"
    for (n = 0; text != "" && peek() != end; n++) {
        if (n) token() # the comma
        key = n
        if (t == "{") {
            key = unquoted(token())
            gsub(/[^-A-Za-z0-9_]/, "_", key)
            token() # the colon
        }
        value(path == "" ? key : path "." key)
    }
    token()
}
