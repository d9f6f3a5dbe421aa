"""The command on the embedded site: it serves it, or tells what is known of it."""

import argparse
import errno

from commands.answers.catalogue import answer
from commands.arguments import Commands, add, add_json, port, positive, share
from store.errors import UsageError, UserError


def site(arguments: argparse.Namespace) -> None:
    """Serve the embedded site until Ctrl-C, or tell what is known of it."""
    if arguments.json and not arguments.facts:
        raise UsageError("--json tells what is known of the site, and does not serve it. Give --facts, too")
    if arguments.facts:
        from commands.stages.embedded import facts, show_facts

        known = facts(arguments.dependence, arguments.captions_per_photo)
        return answer("site", known) if arguments.json else show_facts(known)
    from demo.site import serve

    try:
        serve(
            photos=arguments.photos,
            captions_per_photo=arguments.captions_per_photo,
            seed=arguments.seed,
            port=arguments.port,
            layout=arguments.layout,
            faults=arguments.faults,
            day=arguments.day,
            dependence=arguments.dependence,
            evaluation_photos=arguments.evaluation_photos,
            evaluation_captions=arguments.evaluation_captions,
        )
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise UserError(f"port {arguments.port} is in use. Choose another: --port N, or --port 0") from None


def register(commands: Commands) -> None:
    """Add this command to the parser."""
    from demo.variants import FAULTS, LAYOUTS, describe

    command = add(commands, site)
    command.add_argument(
        "--port", type=port, default=8080, help="the port to listen on, this machine only (8080)"
    )
    command.add_argument("--photos", type=positive, default=600, help="how many distinct photos it has (600)")
    command.add_argument(
        "--captions-per-photo", type=positive, default=5, help="how many captions each has (5)"
    )
    command.add_argument("--seed", type=int, default=1, help="another seed draws another site (1)")
    command.add_argument(
        "--layout", choices=list(LAYOUTS), default="angular_2020", help="the markup's era (angular_2020)"
    )
    command.add_argument("--day", type=float, help="let the site grow for so many days (it stays as it is)")
    command.add_argument(
        "--dependence", type=share, default=1.0, help="share of captions written for their photo, 0 to 1 (1)"
    )
    command.add_argument(
        "--evaluation-photos",
        type=positive,
        default=0,
        help="photos for evaluation only, the same anywhere (0)",
    )
    command.add_argument(
        "--evaluation-captions", type=positive, default=5, help="how many captions each of those has (5)"
    )
    command.add_argument(
        "--faults", nargs="+", default=[], choices=FAULTS, metavar="NAME", help="faults to provoke"
    )
    command.add_argument(
        "--facts",
        action="store_true",
        help="serve nothing; say what captions tell, what rankers can reach",
    )
    add_json(command, "the facts")
    command.epilog = f"{command.epilog}\n\n{describe()}"
