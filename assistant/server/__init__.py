"""The HTTP service: answers in an app's help chat, for OpenAI's clients, and by the Model Context Protocol.

`assistant.server.app.create_app` makes the ASGI application, `assistant.server.run.serve` runs it in one
process or several. `docs/http.md` is the contract of its routes.
"""
