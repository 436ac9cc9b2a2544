"""The HTTP service: answers in an app's help chat, and for OpenAI's clients.

`assistant.server.app.create_app` makes the ASGI application, `assistant.server.run.serve` runs it in one
process or several. `docs/http.md` is the contract of its routes.
"""
