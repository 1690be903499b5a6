"""Tests of a shop against vipps-simulator, with the standard library only.

    cargo build --features simulator-bin --bin vipps-simulator
    VIPPS_SIMULATOR=target/debug/vipps-simulator python3 -m unittest discover examples/clients/python
"""

import http.client
import json
import os
import queue
import subprocess
import threading
import unittest
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

CAPTURE = "capture_payment_using_post"


class CallbackHandler(BaseHTTPRequestHandler):
    """Stands for the shop's web server, which receives the callbacks."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.callbacks.put((self.path, json.loads(body)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


class PaymentTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.shop = HTTPServer(("127.0.0.1", 0), CallbackHandler)
        cls.addClassCleanup(cls.shop.server_close)
        cls.shop.callbacks = queue.Queue()
        threading.Thread(target=cls.shop.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.shop.shutdown)
        program = os.environ.get("VIPPS_SIMULATOR", "vipps-simulator")
        forward = f"http://127.0.0.1:{cls.shop.server_port}"
        cls.simulator = subprocess.Popen(
            [program, "--clock", "frozen", "--forward-callbacks", forward],
            stdout=subprocess.PIPE,
            text=True,
        )
        cls.addClassCleanup(cls.stop)  # also runs if setUpClass fails below
        cls.ready = json.loads(cls.simulator.stdout.readline())
        headers = {
            "client_id": cls.ready["client_id"],
            "client_secret": cls.ready["client_secret"],
            "Ocp-Apim-Subscription-Key": cls.ready["subscription_key"],
        }
        token = cls.send("POST", "/accesstoken/get", headers=headers)["access_token"]
        cls.headers = {
            "Authorization": f"Bearer {token}",
            "Ocp-Apim-Subscription-Key": cls.ready["subscription_key"],
            "Merchant-Serial-Number": cls.ready["merchant_serial_number"],
        }

    @classmethod
    def stop(cls):
        cls.simulator.terminate()
        cls.simulator.wait()
        cls.simulator.stdout.close()

    def setUp(self):
        self.control("POST", "reset")

    @classmethod
    def send(cls, method, path, body=None, headers=None):
        data = b"" if body is None else json.dumps(body).encode()
        request = urllib.request.Request(cls.ready["base_url"] + path, data, method=method)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            request.add_header(name, value)
        with urllib.request.urlopen(request, timeout=10) as response:
            text = response.read()
        return json.loads(text) if text else None

    def api(self, method, path, body=None, **headers):
        return self.send(method, path, body, {**self.headers, **headers})

    def control(self, method, path, body=None):
        """Calls the control API, which needs no keys."""
        return self.send(method, "/_simulator/" + path, body)

    def start(self, order_id):
        """Starts a payment and returns the text of its QR code."""
        body = {
            "customerInfo": {},
            "merchantInfo": {
                "merchantSerialNumber": self.ready["merchant_serial_number"],
                "callbackPrefix": "https://shop.example.com/callbacks",
                "fallBack": "https://shop.example.com/result",
            },
            "transaction": {"orderId": order_id, "amount": 49900, "transactionText": "Socks"},
        }
        landing_page = self.api("POST", "/ecomm/v2/payments", body)["url"]
        code = self.api("POST", "/qr/v1", {"url": landing_page}, Accept="text/targetUrl")
        return code["url"]

    def capture(self, order_id, key):
        body = {
            "merchantInfo": {"merchantSerialNumber": self.ready["merchant_serial_number"]},
            "transaction": {"amount": 49900, "transactionText": "Socks"},
        }
        path = f"/ecomm/v2/payments/{order_id}/capture"
        return self.api("POST", path, body, **{"X-Request-Id": key})

    def history(self, order_id):
        details = self.api("GET", f"/ecomm/v2/payments/{order_id}/details")
        return [entry["operation"] for entry in details["transactionLogHistory"]]

    def callback(self, order_id):
        """Waits for the callback of this order; one of an earlier test may come before it."""
        while True:
            path, body = self.shop.callbacks.get(timeout=10)
            if body["orderId"] == order_id:
                return path, body

    def test_customer_pays_by_qr_code(self):
        code = urllib.parse.quote(self.start("order-1"), safe="")
        self.assertEqual(self.control("POST", f"orders/{code}/scan")["orderId"], "order-1")
        self.control("POST", "orders/order-1/approve", {"phoneNumber": "98765432"})
        path, body = self.callback("order-1")
        self.assertEqual(path, "/callbacks/v2/payments/order-1")
        self.assertEqual(body["transactionInfo"]["status"], "RESERVED")
        self.capture("order-1", "key-1")
        self.assertEqual(self.control("GET", "orders/order-1")["captured"], 49900)

    def test_customer_refuses(self):
        self.start("order-2")
        self.control("POST", "orders/order-2/reject")
        self.assertEqual(self.callback("order-2")[1]["transactionInfo"]["status"], "CANCELLED")
        self.assertEqual(self.history("order-2")[0], "CANCEL")
        with self.assertRaises(urllib.error.HTTPError) as refused:
            self.control("POST", "orders/order-2/approve")
        with refused.exception as response:
            self.assertEqual(response.status, 409)
            self.assertEqual(json.load(response)["code"], "alreadyFinal")

    def test_response_is_lost_after_the_money_moved(self):
        self.start("order-3")
        self.control("POST", "orders/order-3/approve")
        fault = {"operation": CAPTURE, "kind": "loseResponse", "times": 1}
        self.control("POST", "faults", fault)
        with self.assertRaises((urllib.error.URLError, ConnectionError, http.client.HTTPException)):
            self.capture("order-3", "key-3")
        self.assertEqual(self.control("GET", "orders/order-3")["captured"], 49900)
        # The same idempotency key: the money moves once.
        self.capture("order-3", "key-3")
        self.assertEqual(self.control("GET", "orders/order-3")["captured"], 49900)
        journal = self.control("GET", f"journal?operation={CAPTURE}&orderId=order-3")
        self.assertEqual(len(journal["entries"]), 2)

    def test_payment_expires(self):
        self.start("order-4")
        self.control("POST", "clock/advance", {"seconds": 600})
        self.assertEqual(self.control("GET", "orders/order-4")["status"], "expired")
        self.assertEqual(self.callback("order-4")[1]["transactionInfo"]["status"], "REJECTED")


if __name__ == "__main__":
    unittest.main()
