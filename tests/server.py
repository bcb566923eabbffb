"""An OpenAI-compatible server on the loopback, for tests of endpoints."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOP = [{"token": "True", "logprob": -0.2, "bytes": None}, {"token": "False", "logprob": -1.8, "bytes": None}]
ANSWER = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": "vlm",
    "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "True. Short."},
            "logprobs": {"content": [{"token": "True", "logprob": -0.2, "bytes": None, "top_logprobs": TOP}]},
        }
    ],
}


class Server:
    """An OpenAI-compatible server; `reply(body) -> (status, object)` answers the chat completions."""

    def __init__(self):
        self.calls = []
        self.models = ["vlm"]
        self.reply = lambda body: (200, ANSWER)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.calls.append(("GET", self.path))
                self.send(200, {"object": "list", "data": [{"id": m, "object": "model"} for m in outer.models]})

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.calls.append(("POST", self.path, body, self.headers["Authorization"]))
                self.send(*outer.reply(body))

            def send(self, status, answer):
                data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)
                except OSError:
                    pass  # the client has given up, as the timeout test wants it

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.root = f"http://127.0.0.1:{self.http.server_port}"
        self.url = f"{self.root}/v1"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
