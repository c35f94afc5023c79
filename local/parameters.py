"""Which value each parameter of template.yaml gets on a laptop.

A deployment keeps the previous value of a parameter that it is not told, so all of them are told, every time:
a setting that was exported for one run is back at its default in the next.
"""

from infra.ops.cloudformation.template import load, variable
from infra.ops.deploy.emulators import of_the_emulator
from infra.ops.deploy.stage_parameters import with_version
from local.emulator import process
from local.settings import Settings


def parameters(settings: Settings) -> dict[str, str]:
    """A value for every parameter: this target's, the environment's, the laptop's default, the template's."""
    decided = _of_the_target(settings)
    defaults = _of_the_laptop(settings)
    values = {}
    for name, declaration in load(settings.root / "template.yaml")["Parameters"].items():
        default = defaults.get(name, str(declaration.get("Default", "")))
        given = settings.environment.get(variable(name))
        # An empty value means something only where the template itself defaults to empty (no webhook URL).
        counts = given is not None and (given != "" or declaration.get("Default") == "")
        values[name] = decided.get(name, given if counts and given is not None else default)
    return with_version(values)


def _of_the_target(settings: Settings) -> dict[str, str]:
    of_all = of_the_emulator() if settings.given_endpoint else of_the_emulator(process.runtime())
    return of_all | {"FirewallRateLimit": "0", "DataStack": settings.data_stack}


def _of_the_laptop(settings: Settings) -> dict[str, str]:
    pages = (settings.ports["dashboard"], settings.ports["checkout"])
    return {
        "TestWebhookUrl": f"http://localhost:{settings.ports['merchant']}/webhook",
        "DocsUrl": f"http://localhost:{settings.ports['dashboard']}/docs",
        "WebhookAllowedHosts": "localhost,127.0.0.1",
        "CheckoutUrl": f"http://localhost:{settings.ports['checkout']}",
        "AllowedOrigins": ",".join(
            f"http://{host}:{port}" for host in ("localhost", "127.0.0.1") for port in pages
        ),
    }
