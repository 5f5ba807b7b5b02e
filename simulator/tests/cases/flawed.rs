//! Topologies that cannot be.

/// Lines after the name of a topology that cannot be, and what is said of them.
pub(crate) const FLAWED: &[(&str, &str)] = &[
    ("", "there is no node; add one"),
    (
        "[node.web]\ncommand = ['a']\n[profile.small]\nnodes = []",
        "shop.toml:4: profile 'small' has no nodes; name in `nodes` those that it starts",
    ),
    (
        "[node.web]\ncommand = ['a']\n[profile.small]\nnodes = ['wep']",
        "shop.toml:5: no node is called 'wep'; the nodes are web",
    ),
    (
        "[node.web]\ncommand = ['a']\n[profile.'..']\nnodes = ['web']",
        "shop.toml:4: '..' is not a valid name",
    ),
    ("[node.web]", "has nothing to run; give exactly one of cargo"),
    (
        "[node.web]\ncommand = ['a']\ncargo = { package = 'b' }",
        "has both cargo and command",
    ),
    (
        "[node.web]\ncommand = []",
        "empty command; its first word is the program",
    ),
    (
        "[node.db]\nimage = 'a b'",
        "shop.toml:3: node 'db' has image \"a b\"; wanted a name as `docker pull` takes it",
    ),
    (
        "[node.db]\nimage = 'db'\naddress = 'db:1'",
        "node 'db' has an `address`: it runs elsewhere, so `image` means nothing",
    ),
    (
        "[node.db]\ncommand = ['a']\nfiles = { '/a' = 'shop.toml' }",
        "shop.toml:4: node 'db' has `files`, which go into the container of an `image`",
    ),
    (
        "[node.db]\nimage = 'db'\nfiles = { 'etc/a' = 'shop.toml' }",
        "shop.toml:4: files of node 'db', etc/a: its place in the container must be an absolute path",
    ),
    (
        "[node.db]\nimage = 'db'\nfiles = { '/etc/a' = 'no.sql' }",
        "shop.toml:4: files of node 'db', /etc/a: ./no.sql: No such file",
    ),
    (
        "[node.web]\ncommand = ['a']\n[backend.local.variables]\nx = '1'",
        "shop.toml:5: [backend.local.variables] gives 'x' a value, and [variables] has no such name; it has none",
    ),
    ("[node.'../up']\ncommand = ['a']", "'../up' is not a valid name"),
    (
        "[node.web]\ncommand = ['a']\nlinks = ['job']\n[node.job]\ncommand = ['a']\nports = []",
        "shop.toml:4: node 'job' has no port, so it can't be called or asked; name some in its `ports`",
    ),
    (
        "[node.web]\ncommand = ['a', '${port}']\nports = []",
        "shop.toml:3: node 'web' has no port",
    ),
    (
        "[node.web]\ncommand = ['a']\nports = []\nready = { tcp = true }",
        "shop.toml:5: node 'web' has no port",
    ),
    (
        "[node.job]\ncommand = ['a']\nonce = true\nready = { log = 'done' }",
        "shop.toml:5: node 'job' runs once, so it is ready when it has ended with status 0",
    ),
    (
        "[node.web]\ncommand = ['a']\nready = { log = 'up(' }",
        "shop.toml:4: `log` in the ready of node 'web' is no regular expression",
    ),
    (
        "[node.web]\ncommand = ['a']\nready = { http = '/', status = 700 }",
        "status 700 in the ready of node 'web' is none of HTTP; use 100 to 599",
    ),
    (
        "[node.web]\ncommand = ['a']\nready = { tcp = true, status = 200 }",
        "`status` goes with http",
    ),
    (
        "[node.web]\ncommand = ['a']\nready = { command = [] }",
        "empty command; its first word is the program",
    ),
    ("[node.web]\ncommand = ['a']\nready = {}", "ready of node 'web' must be"),
    (
        "[node.web]\ncommand = ['a']\ninstances = 0",
        "shop.toml:4: node 'web' has 0 instances; use 1 to 100",
    ),
    (
        "[node.web]\ncommand = ['a']\ninstances = 2\nfixed_ports = { main = 80 }",
        "node 'web' has several instances and `fixed_ports`",
    ),
    (
        "[node.web]\ncommand = ['a']\nfixed_ports = { http = 80 }",
        "shop.toml:4: node 'web' has no port 'http'; its ports are main",
    ),
    (
        "[node.web]\ncommand = ['a']\npublic_ports = { main = 0 }",
        "node 'web' fixes port 0",
    ),
    (
        "[node.web]\ncommand = ['a']\ninstances = 2\n[node.web-2]\ncommand = ['b']",
        "two nodes are called 'web-2'",
    ),
    (
        "[node.a]\ncommand = ['a']\ndata = 'x'\n[node.b]\ncommand = ['b']\ndata = 'x'",
        "two nodes have data = \"x\"",
    ),
    (
        "[node.web]\ncommand = ['a']\ndata = '../x'",
        "shop.toml:4: '../x' is not a valid name",
    ),
    (
        "[node.web]\ncommand = ['a']\nstop = { signal = 'STOP' }",
        "shop.toml:4: node 'web' is stopped by 'STOP'; known are TERM, INT",
    ),
    (
        "[node.bank]\naddress = 'http://bank/v2'",
        "shop.toml:3: node 'bank' has address 'http://bank/v2'; use host:port, or http://host",
    ),
    (
        "[node.bank]\naddress = 'bank:80'\nenv = { A = 'b' }",
        "node 'bank' has an `address`: it runs elsewhere, so `env` means nothing",
    ),
    (
        "[node.bank]\naddress = 'bank:80'\ncommand = ['a']",
        "node 'bank' has both cargo and command, or one of them and address",
    ),
    (
        "[node.web]\ncommand = ['a']\nenv_files = ['no.env']",
        "shop.toml:4: env file ./no.env: No such file",
    ),
    (
        "[node.web]\ncommand = ['a']\nopenapi = 'no.json'",
        "shop.toml:4: openapi of node 'web', ./no.json: No such file",
    ),
    (
        "include = ['no.toml']\n[node.web]\ncommand = ['a']",
        "shop.toml:2: cannot include ./no.toml: No such file",
    ),
    (
        "[node.web]\ncommand = ['a', '${env.SEAM_TEST_NOWHERE}']",
        "the environment variable SEAM_TEST_NOWHERE is not set; set it, or give a default: \
             ${env.SEAM_TEST_NOWHERE:-default}",
    ),
    (
        "secret = ['pasword']\n[variables]\npassword = 'a'\n[node.web]\ncommand = ['a']",
        "shop.toml:2: secret 'pasword' is no variable; the variables are password",
    ),
    (
        "secret = ['pw']\n[variables]\npw = '${port}'\n[node.web]\ncommand = ['a']",
        "secret 'pw' must be text",
    ),
    (
        "[node.web]\ncommand = ['a']\nports = ['x', 'x']",
        "'x' occurs twice in the ports",
    ),
    (
        "[node.web]\ncommand = ['a', '${port}']\nports = ['x', 'y']",
        "say which: ${port.x} or ${port.y}",
    ),
    ("[node.web]\ncommand = ['a', '${port']", "has a ${ without its }"),
    (
        "[node.web]\ncommand = ['a']\nready = { http = 'up' }",
        "must be { http = \"/path\" } or { tcp = true }",
    ),
    (
        "[node.web]\ncommand = ['a']\nready = { http = '/a b' }",
        "must be { http = \"/path\" }",
    ),
    (
        "[node.web]\ncommand = ['a']\nready = { http = '/', tcp = true }",
        "ready of node 'web' must be",
    ),
    (
        "[node.web]\ncommand = ['a']\nneeds = ['web']\nlinks = ['web']",
        "'web' occurs twice",
    ),
    (
        "[variables]\nport = '1'\n[node.web]\ncommand = ['a']",
        "'port': that name is built in",
    ),
    (
        "[variables]\na = '${b}'\nb = '${a}'\n[node.web]\ncommand = ['${a}']",
        "contains itself",
    ),
    (
        "[node.web]\ncommand = ['a']\n[node.store]\ncommand = ['b']\n[roles]\nweb = 'store'",
        "role 'web' is also the name of a node, but points to 'store.main'; rename",
    ),
];
