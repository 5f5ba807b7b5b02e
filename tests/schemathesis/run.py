"""Asks every service of the platform what its OpenAPI document promises, with schemathesis.

Run by `just schemathesis`. Exit codes: 0 nothing was found, 1 something was, 2 could not run.
"""

import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
# Each topology, with the nodes that have a document.
PLATFORMS = {
    "microservices": ["inventory", "orders", "payments", "notifications"],
    "monolith": ["monolith"],
}


def bring_up(seam, topology):
    """Starts a topology; returns the process of `seam`, and the addresses of the nodes."""
    process = subprocess.Popen([*seam, "up", topology, "--json"], stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        event = json.loads(line)
        if event.get("event") == "ready":
            return process, {node["name"]: node["address"] for node in event["nodes"]}
    sys.stderr.write(f"schemathesis: {topology} did not come up\n")
    sys.exit(2)


def ask(node, address, examples, seed):
    """Runs schemathesis against a node; returns its exit code."""
    print(f"== {node}", flush=True)
    tool = pathlib.Path(sys.executable).parent / "schemathesis"
    command = [tool, "run", f"http://{address}/openapi.json", "--no-color", "--continue-on-failure"]
    command += ["--checks", "all", "--max-examples", str(examples), "--seed", str(seed), "--generation-database", "none"]
    return subprocess.run(command, cwd=HERE, env={**os.environ, "PYTHONPATH": str(HERE)}).returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, required=True, help="largest number of requests for each operation")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("seam", nargs="+", help="the command `seam`")
    arguments = parser.parse_args()
    codes = []
    for topology, nodes in PLATFORMS.items():
        process, addresses = bring_up(arguments.seam, topology)
        try:
            codes += [ask(node, addresses[node], arguments.examples, arguments.seed) for node in nodes]
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate()
    print(f"seed {arguments.seed}: " + ("nothing found" if not any(codes) else "see above"))
    # schemathesis itself: 0 nothing found, 1 found, others could not run; a signal that ended it is below 0.
    return max(code if code in (0, 1) else 2 for code in codes)


if __name__ == "__main__":
    sys.exit(main())
