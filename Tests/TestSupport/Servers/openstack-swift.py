"""OpenStack Swift with its S3 interface: all its servers in one process, with one replica of everything.

    python3 openstack-swift.py FOLDER PROXY-PORT ACCOUNT-PORT CONTAINER-PORT OBJECT-PORT

The servers are Swift's own, configured by FOLDER/swift.conf and FOLDER/proxy-server.conf; rings and data come into FOLDER
as well. Only three things are not as an operator would have them: a dictionary stands in for memcached, since one process
needs no more; what they log goes to standard error, and not to the machine's log; and nobody waits for disks. On a busy
machine nobody may give up on another either: an object whose container has not heard of it in time would be missing in
listings until a daemon that is not here says so.
"""

import logging.handlers
import os
import sys
from time import time as now

import eventlet

eventlet.patcher.monkey_patch(all=False, socket=True, select=True, thread=True, time=True)

from eventlet import wsgi
from swift.account.server import AccountController
from swift.common import utils
from swift.common.http_protocol import SwiftHttpProtocol
from swift.common.ring import RingBuilder
from swift.common.storage_policy import reload_storage_policies
from swift.common.wsgi import loadapp
from swift.container.server import ContainerController
from swift.obj.server import ObjectController

logging.handlers.SysLogHandler.emit = lambda self, record: print(self.format(record), file=sys.stderr, flush=True)
os.fsync = os.fdatasync = lambda _: None


class Memory:
    """What Swift asks of memcached."""

    def __init__(self):
        self.items = {}

    def get(self, key, **_):
        value, end = self.items.get(key, (None, None))
        return value if end is None or end > now() else None

    def set(self, key, value, time=0, **_):
        self.items[key] = (value, now() + time if time else None)

    def delete(self, key, **_):
        self.items.pop(key, None)


def memory(_, **__):
    """The filter of proxy-server.conf that stands where `cache` would."""
    items = Memory()

    def before(app):
        def call(env, start_response):
            env["swift.cache"] = items
            return app(env, start_response)

        return call

    return before


def make_ring(kind, port):
    builder = RingBuilder(part_power=4, replicas=1, min_part_hours=0)
    builder.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "disk", "weight": 1})
    builder.rebalance()
    builder.get_ring().save(kind + ".ring.gz")


def serve(port, app):
    """As swift.common.wsgi does it, but for its processes."""
    listener = eventlet.listen(("127.0.0.1", port))
    log = utils.NullLogger()
    options = {"protocol": SwiftHttpProtocol, "capitalize_response_headers": False}
    return eventlet.spawn(wsgi.server, listener, app, log, **options)


def main(folder, *ports):
    os.chdir(folder)
    os.makedirs("devices/disk")
    utils.set_swift_dir(folder)
    reload_storage_policies()
    utils.disable_fallocate()
    proxy_port, *ports = map(int, ports)
    settings = {
        "swift_dir": folder, "devices": folder + "/devices", "recon_cache_path": folder, "mount_check": "false",
        "bind_ip": "127.0.0.1", "log_level": "ERROR",
        "conn_timeout": "60", "node_timeout": "60", "container_update_timeout": "60",
    }
    servers = {"account": AccountController, "container": ContainerController, "object": ObjectController}
    for (kind, server), port in zip(servers.items(), ports):
        make_ring(kind, port)
        serve(port, server({**settings, "bind_port": port}))
    serve(proxy_port, loadapp(folder + "/proxy-server.conf")).wait()


main(*sys.argv[1:])
