set shell := ["bash", "-euo", "pipefail", "-c"]

# List the recipes.
default:
    @just --list --unsorted

# Run every test; the container suites too when a Docker engine answers (SEAM_REQUIRE_DOCKER=1 makes its absence an error).
test:
    #!/usr/bin/env bash
    set -euo pipefail
    log=$(mktemp); trap 'rm -f "$log"' EXIT
    docker=no; docker info >/dev/null 2>&1 && docker=yes
    if [ $docker = no ] && [ "${SEAM_REQUIRE_DOCKER:-0}" = 1 ]; then
        echo "just test: SEAM_REQUIRE_DOCKER=1, but no Docker engine answers 'docker info'; start one or unset the variable" >&2
        exit 2
    fi
    if [ $docker = yes ]; then
        cargo test --workspace --locked -- --include-ignored 2>&1 | tee "$log"
    else
        cargo test --workspace --locked 2>&1 | tee "$log"
        echo "left out: the tests that are marked ignored above need a Docker engine, and none answers 'docker info'"
    fi
    awk '/^test result:/ { passed += $4; failed += $6; skipped += $8 }
         END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit failed > 0 || passed == 0 }' "$log"

# Write the pact files as the consumers' code needs them now; what it needs no more disappears. Without this, a suite that would change a file fails.
pacts:
    SEAM_WRITE_PACTS=1 cargo test --quiet --locked --workspace --test pacts

# Write the JSON Schemas and the reference of topologies and scenarios as the types are now. Without this, a test that finds them stale fails.
schemas:
    SEAM_WRITE_SCHEMAS=1 cargo test --quiet --locked --workspace --test tools schemas

# Formatting, clippy and rustdoc, all with warnings denied.
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    # Those that `just test` leaves out are no targets by default.
    cargo clippy --workspace --locked --test scenarios --test bite --test fail-points --test interop --test equivalence-long -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet

# What a change must pass before it lands: lint, then test.
check: lint test

# What is deployed together, as pacts name it.
services := "orders inventory payments notifications payment-provider monolith storefront-v1 storefront-v2"
seam := env("SEAM", "cargo run --quiet --locked --bin seam --")

# The way CI goes before and after a deploy, on a copy of the ledger: consumer suites, how strong the pacts are, verification, answer, record.
gate environment="staging":
    #!/usr/bin/env bash
    set -euo pipefail
    cargo test --quiet --locked --workspace --test pacts
    copy=$(mktemp -d); trap 'rm -rf "$copy"' EXIT
    cp -r pacts "$copy"
    version=$(git rev-parse HEAD 2>/dev/null || echo local)
    just strength
    just prove "$version" "$copy/pacts"
    just may-deploy "$version" {{environment}} "$copy/pacts"
    just deployed "$version" {{environment}} "$copy/pacts"

# Fail if a pact leaves more unprotected than it may.
strength:
    {{seam}} mutate --min-score 95 > /dev/null

# Record which pacts a version holds, verify its providers, and record that.
prove version folder="pacts" *args="":
    {{seam}} publish --version {{version}} --pacts {{folder}}
    {{seam}} publish payment-provider --calls-nobody --version {{version}} --pacts {{folder}}
    {{seam}} verify --record --version {{version}} --pacts {{folder}} --ledger {{folder}} {{args}}

# Ask whether all services may go to an environment in this version.
may-deploy version environment="staging" folder="pacts":
    #!/usr/bin/env bash
    set -euo pipefail
    set -- {{services}}
    first=$1; shift
    {{seam}} can-i-deploy "$first" $(printf -- ' --with %s={{version}}' "$@") --version {{version}} --to {{environment}} --pacts {{folder}}

# Record that all services went to an environment in this version.
deployed version environment="staging" folder="pacts":
    #!/usr/bin/env bash
    set -euo pipefail
    for service in {{services}}; do
        {{seam}} record-deployment "$service" --version {{version}} --to {{environment}} --pacts {{folder}}
    done

# Commit the records that were appended, and push them: what CI does.
keep-records version:
    git add pacts/ledger
    git diff --cached --quiet || git -c user.name=contracts -c user.email=contracts@users.noreply.github.com commit -m "ledger: {{version}} [skip ci]"
    git -c user.name=contracts -c user.email=contracts@users.noreply.github.com pull --rebase
    git push

# Do other Pact tools (pact_verifier_cli, pact-python) say the same of our providers, and do clients of Toxiproxy drive `seam proxy`? Installs them; Python 3 and Node 18 are needed. One half alone: pacts or toxiproxy.
interop half="":
    #!/usr/bin/env bash
    set -euo pipefail
    tools="${XDG_CACHE_HOME:-$HOME/.cache}/seam/interop"
    if [ "{{half}}" != toxiproxy ]; then
        # Unoptimised builds in half the time and verifies as well.
        cargo install --quiet --locked --debug --version 1.4.0 --root "$tools" pact_verifier_cli
    fi
    if [ "{{half}}" != pacts ]; then
        npm install --silent --no-fund --no-audit --prefix "$tools/node" toxiproxy-node-client@4.1.0
    fi
    [ -x "$tools/python/bin/python" ] || python3 -m venv "$tools/python"
    "$tools/python/bin/python" -m pip install --quiet --disable-pip-version-check --requirement tests/interop/requirements.txt
    # The schemas of our files, asked by a validator of somebody else.
    check="$tools/python/bin/check-jsonschema"
    "$check" --check-metaschema simulator/schemas/*.json
    "$check" --schemafile simulator/schemas/topology.json simulator/topologies/*.toml
    "$check" --schemafile simulator/schemas/scenario.json simulator/scenarios/*.toml
    SEAM_INTEROP_VERIFIER="$tools/bin/pact-verifier" SEAM_INTEROP_PYTHON="$tools/python/bin/python" \
        SEAM_INTEROP_TOXIPROXY_NODE="$tools/node/node_modules/toxiproxy-node-client/package.json" \
        cargo test --quiet --locked --workspace --test interop -- {{half}}

# Install `seam` as another project does, and run the example in two languages with it, outside of this workspace.
install-check:
    #!/usr/bin/env bash
    set -euo pipefail
    place=$(mktemp -d); trap 'rm -rf "$place"' EXIT
    cargo install --quiet --locked --debug --path simulator --root "$place"
    cp -r simulator/examples/two-languages "$place/platform"
    cd "$place/platform"
    env -i PATH="$PATH" HOME="$HOME" "$place/bin/seam" run ./scenario.toml --seed 3

# Does every service do what its OpenAPI document says? schemathesis asks, which this installs (Python 3 is needed): all checks, stateful too, from one seed.
schemathesis examples="50" seed="1":
    #!/usr/bin/env bash
    set -euo pipefail
    tools="${XDG_CACHE_HOME:-$HOME/.cache}/seam/schemathesis"
    [ -x "$tools/bin/python" ] || python3 -m venv "$tools"
    "$tools/bin/python" -m pip install --quiet --disable-pip-version-check --requirement tests/schemathesis/requirements.txt
    "$tools/bin/python" tests/schemathesis/run.py --examples {{examples}} --seed {{seed}} -- {{seam}}

# Bring the platform up, place orders, check the books, say the verdict.
demo *args:
    cargo run --locked --bin seam -- run checkout {{args}}

# Run every shipped scenario, each on its topology and from one seed: all, or those with a word in their name.
scenarios word="":
    cargo test --quiet --locked --workspace --test scenarios -- {{ if word == "" { "" } else { quote(word) } }}

# Bring a topology up and keep it up: monolith, microservices (which says that it is the default) or extraction.
up *args:
    cargo run --locked --bin seam -- up {{args}}

# Measure: orders per second, commits per order, readiness, memory; the scenario engine beside a bare client, and explored runs per minute; cases, and mutants of pacts, per second; the wall time of suites and verification; answers over a large ledger; what a launch adds to a call; a caller's wait beside a candidate that hurts. Each beside its reference.
bench:
    cargo bench --locked --workspace --bench platform --bench scenarios --bench equivalence --bench contracts --bench gate --bench mutants --bench crowd --bench launch --bench shadows --bench link

# Plant bugs, one at a time, and see which suite finds each after how many cases: all, those with a word in their name, or those of one suite.
bite word="":
    cargo test --quiet --locked --workspace --test bite -- {{ if word == "" { "" } else { quote(word) } }}

# Have each service die at each of its fail points and start again, and check the books; or only at those with a word in their test's name.
fail-points word="":
    cargo test --quiet --locked --workspace --test fail-points -- {{ if word == "" { "" } else { quote(word) } }}

# Run the checkout scenario many times, killing a random service at a random moment each time.
soak runs="200" *args="":
    #!/usr/bin/env bash
    set -euo pipefail
    cargo build --locked --release --bin seam
    seam=$(cargo build --locked --release --bin seam --message-format json 2>/dev/null | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -1)
    for run in $(seq {{runs}}); do
        if ! out=$("$seam" run checkout --kill any --release --seed "$run" {{args}} 2>&1); then
            echo "$out"; echo "soak: run $run of {{runs}} failed; repeat it with: seam run checkout --kill any --release --seed $run {{args}}" >&2; exit 1
        fi
        printf '\rsoak: %d of %d runs passed' "$run" {{runs}}
    done
    echo

# Run the equivalence suites from one seed after the other for so many minutes, with a progress bar; a report is left in target/equivalence.md.
equivalence-long minutes="60":
    cargo test --quiet --locked --release --workspace --test equivalence-long -- {{minutes}}

# Change the code, one place at a time, and see whether the tests notice (cargo-mutants); what survives is in target/mutants.out.
mutants *args:
    cargo install --locked cargo-mutants
    PROPTEST_RNG_SEED=1 cargo mutants --output target {{args}}
