"""From an API Gateway event to a handler and back: routing, caller, body, CORS, errors."""
