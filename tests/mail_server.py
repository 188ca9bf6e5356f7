"""A mail server: real SMTP on loopback, which keeps the mails that it is sent."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message


@dataclass
class MailServer:
    """Keeps each mail, and answers that it has taken it. After `free` mails the answer never comes."""

    mails: list[Message] = field(default_factory=list)
    free: int = 1000
    came: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    port: int = 0


@contextmanager
def taking_mail() -> Iterator[MailServer]:
    """A mail server that runs until the block ends."""
    server = MailServer()
    end = threading.Event()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 mail.example\r\n")
            for line in self.rfile:
                command = line[:4].upper().strip()
                if command == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    text = b"".join(iter(self.rfile.readline, b".\r\n"))
                    server.mails.append(message_from_bytes(text))
                    server.came.release()
                    if len(server.mails) > server.free:
                        end.wait()
                        return
                self.wfile.write(b"221 bye\r\n" if command == b"QUIT" else b"250 ok\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as listener:
        listener.daemon_threads = True
        server.port = listener.server_address[1]
        threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server
        finally:
            end.set()
            listener.shutdown()
