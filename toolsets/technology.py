"""Technology: databases, servers, networks, code repositories, devices and social media."""

import ipaddress
import zlib
from typing import Annotated, Literal, TypedDict

from sftctl.core.tools import Between, Date, DateTime, Fake, Pick, Size, Time, tool

_PORTS = (22, 25, 53, 80, 143, 443, 993, 3000, 3306, 5432, 6379, 8080, 8443, 9090, 9200, 27017)

Host = Annotated[
    str,
    Pick(
        "web-01", "web-02", "db-primary", "db-replica-1", "cache-eu", "mail-01", "build-agent-3", "gateway-2",
        "staging-api", "worker-07", "backup-nas", "edge-sfo", "edge-fra", "monitor-01", "auth-prod",
        "search-node-4",
    ),
]  # fmt: skip
Service = Annotated[
    str,
    Pick(
        "nginx", "postgresql", "redis", "docker", "sshd", "mysql", "rabbitmq", "elasticsearch", "grafana",
        "haproxy", "jenkins", "kafka", "prometheus", "vault", "memcached", "postfix",
    ),
]  # fmt: skip
Database = Annotated[
    str,
    Pick(
        "shop_prod", "analytics", "billing", "user_accounts", "inventory", "warehouse", "crm", "blog",
        "telemetry", "payroll", "ticketing", "staging_app", "game_scores", "library", "audit_log",
    ),
]  # fmt: skip
Repository = Annotated[
    str,
    Pick(
        "acme/website", "acme/billing-api", "nova-labs/parser", "openfarm/sensors", "blueprint/design-system",
        "kestrel/kestrel-core", "teamdash/mobile-app", "pixelforge/engine", "datahive/etl",
        "nimbus/terraform", "quietbits/dotfiles", "orbit/cli", "papertrail/docs", "greenline/routing",
        "mosaic/frontend",
    ),
]  # fmt: skip
Developer = Annotated[
    str,
    Pick(
        "mkline", "sofia-r", "j_okada", "tbenson", "priya.n", "lars88", "devonte", "hwei", "cmartin", "anouk",
        "rafael-g", "zoe-k", "pnovak", "imani", "felix_b",
    ),
]  # fmt: skip
Platform = Literal["Instagram", "TikTok", "LinkedIn", "Mastodon", "YouTube", "Facebook"]


class RowFilter(TypedDict):
    status: Literal["open", "pending", "shipped", "cancelled", "overdue", "archived"]
    region: Annotated[
        str,
        Pick(
            "Europe", "Asia", "North America", "South America", "Africa", "Oceania", "Scandinavia",
            "Eastern Europe", "Central Europe", "Southeast Asia", "Central America", "Latin America",
            "East Africa", "West Africa", "Iberia", "Benelux",
        ),
    ]  # fmt: skip


class UserFilter(TypedDict):
    country: Annotated[str, Fake("country")]
    plan: Literal["free", "basic", "premium", "enterprise"]
    min_logins: Annotated[int, Between(3, 60)]


class VmSpec(TypedDict):
    cpus: Annotated[int, Pick(2, 4, 8, 16, 32)]
    memory_gb: Annotated[int, Pick(4, 8, 16, 32, 64, 128)]
    os: Literal["Ubuntu", "Debian", "Fedora", "Windows Server", "Alpine"]


class FirewallRule(TypedDict):
    action: Literal["allow", "deny"]
    protocol: Literal["tcp", "udp"]
    port: Annotated[int, Pick(*_PORTS)]


def _hash(*key: object) -> int:
    """A number that is always the same for the same key."""
    return zlib.crc32(repr(key).encode())


@tool(
    asks=(
        "(Get|Fetch|Show me) the rows of {table} where the status is {where.status} and the region is "
        "{where.region}[, sorted by {order_by}].",
        "{table} with status {where.status} and region {where.region}[ limit {limit}]",
        "I need all {where.status} {table} from {where.region}[, at most {limit} of them].",
        "Which {table} in {where.region} are {where.status}?[ Order them by {order_by}, please.]",
        "My boss wants a list of {table}[ for {where.region}] that are {where.status}[; the columns "
        "{columns} will do].",
        "Kindly query the table {table} with the filter region {where.region}, status {where.status}[ and "
        "return the columns {columns}][, no more than {limit} rows].",
        "Pull the {where.status} entries[ out of {table}][ for the region {where.region}][, only {columns}].",
    ),
    answer="The query on {table} matched {matched} rows, and {returned} of them were returned.",
)
def select_rows(
    table: Annotated[
        str,
        Pick(
            "orders", "invoices", "shipments", "tickets", "returns", "contracts", "quotes", "payments",
            "bookings", "complaints", "subscriptions", "deliveries", "claims", "repairs", "purchase_orders",
        ),
    ],
    where: RowFilter,
    columns: Annotated[
        list[Literal["id", "customer", "created_at", "amount", "currency", "owner"]], Size(2, 4)
    ] | None = None,
    order_by: Literal["created_at", "amount", "customer"] = "created_at",
    limit: Annotated[int, Pick(5, 10, 20, 25, 50, 200, 500)] = 100,
) -> dict[str, int | str | list[str]]:  # fmt: skip
    """Fetch the rows of a database table that match a filter.

    Args:
        table: Name of the table.
        where: Status and region that the rows must have.
        columns: Columns to return; all if left out.
        order_by: Column to sort by.
        limit: Largest number of rows to return.
    """
    if limit < 1:
        raise ValueError("limit must be at least 1")
    matched = _hash(table, where["status"], where["region"]) % 400
    return {
        "matched": matched,
        "returned": min(matched, limit),
        "sorted_by": order_by,
        "columns": list(columns) if columns else ["*"],
    }


@tool(
    asks=(
        "How many {collection} on the {filters.plan} plan in {filters.country} have logged in at least "
        "{filters.min_logins} times[, among those who joined since {since}]?",
        "count {collection}: country {filters.country}, plan {filters.plan}, logins >= {filters.min_logins}",
        "I'm preparing a slide. Number of {collection} with no fewer than {filters.min_logins} logins[ in "
        "{filters.country}][ on the {filters.plan} plan][, joined since {since}]?",
        "Count the {collection} located in {filters.country}[, subscribed to {filters.plan}][, with "
        "{filters.min_logins} or more logins][, {include_inactive:inactive ones included|active ones only}].",
        "We want to know the size of a segment[ of our {collection}]: plan {filters.plan}, country "
        "{filters.country}[, minimum logins {filters.min_logins}].",
        "Out of our {collection}, how many use {filters.plan} and live in {filters.country}[, having at "
        "least {filters.min_logins} logins]?[ {include_inactive:Include|Leave out} inactive ones.]",
    ),
    answer="There are {result} such {collection}.",
)
def count_documents(
    collection: Annotated[
        str,
        Pick(
            "users", "customers", "members", "subscribers", "accounts", "players", "students", "sellers",
            "readers", "testers", "drivers", "partners", "tenants", "listeners", "developers",
        ),
    ],
    filters: UserFilter,
    since: Date | None = None,
    include_inactive: bool = False,
) -> int:  # fmt: skip
    """Count the documents of a collection that match all given filters.

    Args:
        collection: Name of the collection.
        filters: Country, plan and least number of logins of the people to count.
        since: Count only those who joined on this day or later.
        include_inactive: Whether to count deactivated accounts too.
    """
    if filters["min_logins"] < 0:
        raise ValueError("min_logins must not be negative")
    return 40 + _hash(collection, filters["country"], filters["plan"], since) % 9000 // (2 - include_inactive)


@tool(
    asks=(
        "(Restart|Bounce) {service}[ on {host}].",
        "restart {service} {host}[ after {delay_seconds}s]",
        "{service} on {host} is hanging again. Could you give it a kick[, {force:forcibly|gracefully}]?",
        "We've changed the config of {service}, so it has to be started anew[ on {host}][, in "
        "{delay_seconds} seconds].",
        "Please perform a[ {force:forced|graceful}] restart of the service[ {service}][ on the machine {host}].",
        "Ugh, {host} is serving stale data. Turn {service} off and on again there[, wait {delay_seconds} "
        "seconds first].",
    ),
    answer="{service} on {host} is {state} under process id {pid}.",
)
def restart_service(
    service: Service,
    host: Host,
    force: bool = False,
    delay_seconds: Annotated[int, Pick(5, 10, 15, 30, 60, 90, 120)] = 0,
) -> dict[str, int | str]:
    """Restart a service on a server.

    Args:
        service: Name of the service.
        host: Name of the server.
        force: Whether to kill the service rather than let it finish its work.
        delay_seconds: Seconds to wait before the restart.
    """
    if delay_seconds < 0:
        raise ValueError("delay_seconds must not be negative")
    return {
        "state": "scheduled to restart" if delay_seconds else "running",
        "pid": 1000 + _hash(service, host, force) % 30000,
    }


@tool(
    asks=(
        "How (is|are) the {metrics} (looking|doing) on {host}[ over the last {minutes} minutes]?",
        "{host} {metrics}[ {minutes}m]",
        "(Show|Give) me {metrics} for {host}[, {peak:peak values|averages}].",
        "Users say that {host} is slow. Can you check its {metrics}[ for the past {minutes} minutes]?",
        "Please report the utilisation[ of {metrics}][ on the server {host}][, as {peak:maximum|average} "
        "over {minutes} minutes].",
        "Is {host} running out of steam? I'd like to see {metrics}[, {peak:at their worst|on average}].",
    ),
    answer="Utilisation on {host}: {result}.",
)
def server_metrics(
    host: Host,
    metrics: Annotated[list[Literal["CPU", "memory", "disk", "network"]], Size(1, 3)],
    minutes: Annotated[int, Pick(5, 10, 30, 45, 60, 120)] = 15,
    peak: bool = False,
) -> list[str]:
    """Read how much of its resources a server has used recently.

    Args:
        host: Name of the server.
        metrics: Resources to report.
        minutes: Length of the period in minutes, up to now.
        peak: Whether to give the peak, not the average, of the period.
    """
    if not metrics or minutes < 1:
        raise ValueError("name at least one metric and a period of at least a minute")
    return [f"{metric} {20 + _hash(host, metric, minutes) % 60 + (15 if peak else 0)} %" for metric in metrics]


@tool(
    asks=(
        "(Look up|Get) the[ {record_type}] record of {domain}[ via {resolver}].",
        "dig {domain}[ {record_type}][ @{resolver}]",
        "Which address does {domain} resolve to?",
        "Mail to {domain} keeps bouncing. Can you see what DNS says[ for {record_type}]?",
        "I moved a domain[, {domain},] to another host last night. Has the[ {record_type}] entry changed "
        "yet[ on the resolver {resolver}]?",
        "Please resolve {domain}[, record type {record_type}][, using the name server {resolver}].",
    ),
    answer="{domain} resolves to {value}, with a time to live of {ttl} seconds.",
)
def dns_lookup(
    domain: Annotated[str, Fake("domain_name")],
    record_type: Literal["A", "AAAA", "MX", "TXT", "CNAME"] = "A",
    resolver: Annotated[str, Pick("1.1.1.1", "8.8.8.8", "9.9.9.9", "208.67.222.222", "8.8.4.4")] | None = None,
) -> dict[str, str | int]:
    """Look up a DNS record of a domain.

    Args:
        domain: Domain name.
        record_type: Type of the record.
        resolver: IP address of the name server to ask; the system's own if left out.
    """
    if "." not in domain:
        raise ValueError("a domain name holds at least one dot")
    key = _hash(domain, record_type)
    address = str(ipaddress.IPv4Address(0xC6336400 + key % 256))
    values = {
        "A": address,
        "AAAA": f"2001:db8::{key % 65536:x}",
        "MX": f"mail.{domain}",
        "CNAME": f"edge.{domain}",
    }
    return {"value": values.get(record_type, f"v=spf1 ip4:{address} -all"), "ttl": 300 if resolver else 3600}


@tool(
    asks=(
        "What (network|subnet) does {address} belong to[ with a prefix length of {prefix_length}]?",
        "subnet {address}/{prefix_length}",
        "How many hosts fit into the network[ of {address}] with prefix {prefix_length}?",
        "I'm configuring a router. The IP is {address}[ and the prefix is {prefix_length} bits]. What are "
        "the netmask and broadcast address?",
        "Given the address {address}[ and a mask of {prefix_length} bits], state the network range.",
        "Our VLAN uses {prefix_length} network bits[ and the gateway is {address}]. How large is the address range?",
    ),
    answer="The network is {network} with netmask {netmask}, broadcast {broadcast} and {hosts} addresses.",
)
def ipv4_subnet_info(
    address: Annotated[str, Fake("ipv4_private")], prefix_length: Annotated[int, Between(9, 30)]
) -> dict[str, str | int]:
    """Compute network, netmask, broadcast address and number of hosts of an IPv4 subnet.

    Args:
        address: Any IPv4 address of the subnet, in dotted notation.
        prefix_length: Number of network bits, from 0 to 30.
    """
    if not 0 <= prefix_length <= 30:
        raise ValueError("prefix_length must lie between 0 and 30")
    net = ipaddress.IPv4Network(f"{address}/{prefix_length}", strict=False)
    return {
        "network": str(net.network_address),
        "netmask": str(net.netmask),
        "broadcast": str(net.broadcast_address),
        "hosts": net.num_addresses - 2,
    }


@tool(
    asks=(
        "How long does it take to (upload|download|copy) {size_gb} GB[ at {bandwidth_mbps} Mbit/s]?",
        "{size_gb} GB @ {bandwidth_mbps} Mbps = ? minutes",
        "My connection does {bandwidth_mbps} megabits per second[ and the game is {size_gb} gigabytes]. "
        "When can I play?",
        "We have to move {size_gb} GB of backups over a line[ of {bandwidth_mbps} Mbit/s][, with "
        "{overhead_percent} percent protocol overhead]. How many minutes do we plan?",
        "Estimate the duration of a transfer[ of {size_gb} gigabytes] on a line with {bandwidth_mbps} "
        "Mbit/s[, allowing for {overhead_percent} percent overhead].",
        "Will {size_gb} GB be through by lunch[ if the line gives {bandwidth_mbps} Mbit/s]? Work out the time.",
    ),
    answer="Moving {size_gb} GB at {bandwidth_mbps} Mbit/s takes about {result} minutes.",
)
def network_transfer_time(
    size_gb: Annotated[float, Between(1.5, 900)],
    bandwidth_mbps: Annotated[float, Between(12, 950, 0)],
    overhead_percent: Annotated[float, Between(2, 25, 0)] = 10.0,
) -> float:
    """Estimate the minutes that a data transfer takes.

    Args:
        size_gb: Amount of data in gigabytes.
        bandwidth_mbps: Bandwidth in megabits per second.
        overhead_percent: Share of the bandwidth lost to protocol overhead, in percent.
    """
    if size_gb < 0 or bandwidth_mbps <= 0 or not 0 <= overhead_percent < 100:
        raise ValueError("size must not be negative, bandwidth positive, overhead from 0 to below 100")
    return round(size_gb * 8000 / (bandwidth_mbps * (1 - overhead_percent / 100)) / 60, 1)


@tool(
    asks=(
        "(Create|Make|Set up) a {visibility} repo (called|named) {name}[ with the {license} license].",
        "new {visibility} repository {name}[ {license}]",
        "I'm starting a side project[, {name}]. I need a {visibility} repository for it[, {readme:with a "
        "readme|without a readme}].",
        "Could you open a repository for {name}[ and make it {visibility}]?[ Description: '{description}'.]",
        "Please initialise a code repository under the name {name}, visibility {visibility}[, licensed "
        "under {license}][, {readme:including a readme file|with no readme file}].",
        "Our new tool {name} wants a home on the git server[, {visibility}][, described as '{description}'].",
    ),
    answer="The repository {name} is ready at {url}.",
)
def create_repository(
    name: Annotated[
        str,
        Pick(
            "weather-bot", "pocket-ledger", "tiny-raytracer", "recipe-box", "garden-monitor", "chess-trainer",
            "csv-doctor", "night-sky-map", "lunch-roulette", "habit-tracker", "photo-sorter", "markdown-wiki",
            "bus-times", "fontpeek", "invoice-maker", "log-lens",
        ),
    ],
    visibility: Literal["public", "private"],
    description: Annotated[
        str,
        Pick(
            "Weekend experiment", "Internal helper scripts", "A small command line tool",
            "Demo for the workshop", "Rewrite in Rust", "Student project", "Company-wide templates",
            "Proof of concept", "Data cleaning utilities", "Prototype for the hackathon", "Plugin collection",
            "Course material",
            "Home automation glue", "Benchmarks and results", "Sample code for the talk",
        ),
    ] | None = None,
    license: Literal["MIT", "Apache-2.0", "GPL-3.0", "BSD-3-Clause"] | None = None,
    readme: bool = True,
) -> dict[str, str | bool]:  # fmt: skip
    """Create an empty code repository.

    Args:
        name: Name of the repository.
        visibility: Who can see it.
        description: One line that describes the project.
        license: License to add.
        readme: Whether to add a readme file.
    """
    if not name or " " in name:
        raise ValueError("a repository name must not be empty or hold spaces")
    return {"url": f"https://git.example.com/{name}", "license": license or "none", "readme": readme}


@tool(
    asks=(
        "Open a pull request in {repository}[ from {source}] to {target} titled '{title}'[, with "
        "{reviewers} as reviewers].",
        "PR {repository} {source} -> {target}: {title}",
        "I finished my work on {source} in {repository}. Can you propose merging it[ into {target}][ under "
        "the title '{title}']?[ Make it {draft:a draft|ready for review}.]",
        "'{title}' is done: please create a pull request for {repository}[, branch {source}] into "
        "{target}[, and ask {reviewers} to look at it].",
        "Kindly submit a merge proposal[ in {repository}] from the branch {source} to the branch {target} "
        "with the title '{title}'[, {draft:marked as draft|not as a draft}].",
        "{repository}: get {source} reviewed[ by {reviewers}] so that it can go into {target}. Call it '{title}'.",
    ),
    answer="Pull request number {number} from {source} to {target} is open in {repository}.",
)
def open_pull_request(
    repository: Repository,
    source: Annotated[
        str,
        Pick(
            "fix-login-loop", "feature/dark-mode", "add-export", "bugfix/null-check", "refactor-cache",
            "upgrade-deps", "feature/search", "docs-cleanup", "speed-up-tests", "retry-uploads",
            "new-onboarding", "i18n", "feature/audit-trail", "hotfix-rounding", "typing",
        ),
    ],
    target: Annotated[str, Pick("main", "develop", "master", "staging", "release/2.4", "next")],
    title: Annotated[
        str,
        Pick(
            "Fix redirect after login", "Add dark mode", "Export reports as CSV",
            "Handle missing user gracefully", "Simplify the cache layer", "Update dependencies",
            "Make search case-insensitive", "Clean up the docs", "Halve the test time",
            "Retry failed uploads", "Rework onboarding", "Translate the settings page",
            "Record who changed what", "Round totals correctly", "Add type hints everywhere",
        ),
    ],
    reviewers: Annotated[list[Developer], Size(1, 3)] | None = None,
    draft: bool = False,
) -> dict[str, int | str]:  # fmt: skip
    """Open a pull request that proposes to merge one branch into another.

    Args:
        repository: Repository as "owner/name".
        source: Branch that holds the changes.
        target: Branch to merge into.
        title: Title of the pull request.
        reviewers: User names of the people asked for a review.
        draft: Whether the pull request is not ready for review yet.
    """
    if source == target:
        raise ValueError("source and target are the same branch")
    number = 1 + _hash(repository, source, target, title) % 2000
    return {"number": number, "state": "draft" if draft else "open", "reviewers": len(reviewers or [])}


@tool(
    asks=(
        "(What|Which) commits went into {repository}[ since {since}]?",
        "git log {repository}[ --author {author}]",
        "Show me the last[ {limit}] commits in {repository}[ by {author}].",
        "Has anyone touched {repository}[ since {since}]? I'd like to see the history[, {merges:with merge "
        "commits|without merge commits}].",
        "Please list the most recent changes committed to {repository}[ by the author {author}][ after {since}].",
        "Standup in five minutes! What changed[ in {repository}][ since {since}][, {merges:merges "
        "included|no merges}]?",
    ),
    answer="The latest commits in {repository} are {result}.",
)
def list_commits(
    repository: Repository,
    author: Developer | None = None,
    since: Date | None = None,
    limit: Annotated[int, Between(2, 9)] = 5,
    merges: bool = False,
) -> list[str]:
    """List the latest commits of a repository.

    Args:
        repository: Repository as "owner/name".
        author: User name whose commits to list; everybody's if left out.
        since: First day to include.
        limit: Largest number of commits.
        merges: Whether to list merge commits too.
    """
    if limit < 1:
        raise ValueError("limit must be at least 1")
    return [f"{_hash(repository, author, since, merges, i):08x}"[:7] for i in range(min(limit, 20))]


@tool(
    asks=(
        "(Post|Publish|Share) '{text}' on {platform}[ with the hashtags {hashtags}].",
        "{platform} post: '{text}'[ tags {hashtags}]",
        "Let the people[ on {platform}] know: '{text}'[. Please send it out on {publish_at}].",
        "Could you put something on our {platform} page?[ It should say '{text}'.][ Let it go live on {publish_at}.]",
        "Please schedule the following message for {platform}[ on {publish_at}]: '{text}'[; hashtags: {hashtags}].",
        "I'm too busy to open {platform} today. Write '{text}' for me there[, visible to {audience}].",
    ),
    answer="Your post on {platform} is {state} with the id {post_id}.",
)
def publish_post(
    platform: Platform,
    text: Annotated[
        str,
        Pick(
            "We are hiring two engineers", "Our new store opens this weekend", "Thanks for 1000 followers",
            "Server maintenance is complete", "Behind the scenes of our photo shoot",
            "Registration is now open",
            "The podcast is back with season two", "We just shipped version 3",
            "Happy birthday to our founder",
            "Free coffee for everyone on Friday", "Our annual report is out", "Look who joined the team",
            "Tickets are sold out", "The winner of the raffle has been drawn",
            "We are moving to a bigger office",
        ),
    ],
    hashtags: Annotated[
        list[
            Annotated[
                str,
                Pick(
                    "news", "hiring", "launch", "community", "design", "startup", "travel", "music", "coffee",
                    "sustainability", "opensource", "weekend", "throwback", "teamwork", "giveaway", "art",
                ),
            ]
        ],
        Size(1, 3),
    ] | None = None,
    publish_at: DateTime | None = None,
    audience: Literal["everyone", "followers", "close friends"] = "everyone",
) -> dict[str, str]:  # fmt: skip
    """Publish a post on a social network, now or later.

    Args:
        platform: The social network.
        text: Text of the post.
        hashtags: Hashtags to add, without the hash sign.
        publish_at: Date and time of publication; at once if left out.
        audience: Who can see the post.
    """
    if not text:
        raise ValueError("a post needs a text")
    full = " ".join([text, *(f"#{tag}" for tag in hashtags or [])])
    return {
        "state": "scheduled" if publish_at else "live",
        "post_id": f"p{_hash(platform, full, audience):08x}",
    }


@tool(
    asks=(
        "How many {metric} did {username} get on {platform}[ in the last {days} days]?",
        "{username} {platform} {metric}[ {days}d]",
        "I'm checking out an influencer, {username}[ on {platform}]. What about the {metric}?",
        "Give me the {metric} of the {platform} account[ {username}][ over {days} days][, {per_post:per "
        "post|overall}].",
        "Our marketing team would like to have the number of {metric} for the profile {username} on "
        "{platform}[, {per_post:as an average per post|in total}].",
        "Is {username} growing on {platform}?[ Look at the {metric}.][ Take a period of {days} days.]",
    ),
    answer="{username} has {result} {metric} on {platform}.",
)
def social_account_stats(
    platform: Platform,
    username: Annotated[str, Fake("user_name")],
    metric: Literal["followers", "likes", "comments", "shares", "views"],
    days: Annotated[int, Pick(7, 14, 60, 90, 180)] = 30,
    per_post: bool = False,
) -> int:
    """Get an engagement figure of a social media account.

    Args:
        platform: The social network.
        username: Name of the account, without the at sign.
        metric: The figure wanted.
        days: Length of the period in days, up to today.
        per_post: Whether to average over the posts of the period.
    """
    if days < 1:
        raise ValueError("days must be at least 1")
    total = (50 + _hash(platform, username, metric) % 3000) * days
    return total // (1 + days // 3) if per_post else total


@tool(
    asks=(
        "(Set|Turn|Dim) the lights in the {room} to {brightness} percent[, {color}].",
        "{room} lights {brightness}%[ {color}]",
        "It's movie time! Dim the {room} lights[ to {brightness} percent][ over {fade_seconds} seconds].",
        "I can't see a thing in the {room}. Make the lamps {brightness} percent bright[ with {color} light].",
        "Would you kindly adjust the lighting[ of the {room}] to a brightness of {brightness} percent[, "
        "fading within {fade_seconds} seconds]?",
        "{brightness} percent brightness[, {color} if possible,] for the lights[ in the {room}].",
    ),
    answer="The lights in the {room} are now at {brightness} percent.",
)
def set_smart_light(
    room: Annotated[
        str,
        Pick(
            "living room", "kitchen", "bedroom", "hallway", "bathroom", "garage", "study", "nursery",
            "dining room", "basement", "attic", "guest room", "laundry room", "home theater", "porch",
        ),
    ],
    brightness: Annotated[int, Between(5, 100)],
    color: Literal["warm white", "cool white", "red", "blue", "green", "purple", "amber"] | None = None,
    fade_seconds: Annotated[float, Between(0.5, 10)] = 0.0,
) -> dict[str, str | float]:  # fmt: skip
    """Set brightness and color of the smart lights in a room.

    Args:
        room: Name of the room.
        brightness: Brightness in percent, from 0 (off) to 100.
        color: Color of the light; unchanged if left out.
        fade_seconds: Seconds that the change takes.
    """
    if not 0 <= brightness <= 100 or fade_seconds < 0:
        raise ValueError("brightness must lie between 0 and 100, fade_seconds must not be negative")
    return {
        "status": "off" if brightness == 0 else "on",
        "color": color or "unchanged",
        "ready_in_s": fade_seconds,
    }


@tool(
    asks=(
        "Back up (the database |){database} {frequency}[ at {start_time}].",
        "{frequency} backup {database} {start_time}[ keep {retention_days} days]",
        "We nearly lost {database} yesterday. From now on I want a {frequency} dump of it[ at "
        "{start_time}][, kept for {retention_days} days].",
        "Set up a backup job for {database}[ that runs {frequency}], starting at {start_time}[, "
        "{compress:compressed|uncompressed}].",
        "Please arrange for {database} to be saved {frequency}[, at {start_time}][, {compress:with "
        "compression|without compression}].",
        "{start_time} is our quiet hour, so run the {frequency} backup[ of {database}] then[ and delete "
        "copies after {retention_days} days].",
    ),
    answer="A {frequency} backup of {database} at {start_time} is scheduled as job {job_id}.",
)
def schedule_database_backup(
    database: Database,
    frequency: Literal["daily", "weekly", "monthly"],
    start_time: Time,
    retention_days: Annotated[int, Pick(7, 14, 60, 90, 180, 365)] = 30,
    compress: bool = True,
) -> dict[str, str | int]:
    """Schedule regular backups of a database.

    Args:
        database: Name of the database.
        frequency: How often to back up.
        start_time: Time of day at which the backup starts.
        retention_days: Days after which a backup is deleted.
        compress: Whether to compress the backups.
    """
    if retention_days < 1:
        raise ValueError("retention_days must be at least 1")
    job = f"bk-{_hash(database, frequency, start_time, compress) % 10**4:04d}"
    return {
        "job_id": job,
        "copies_kept": max(1, retention_days // {"daily": 1, "weekly": 7, "monthly": 30}[frequency]),
    }


@tool(
    asks=(
        "(Spin up|Start|Create) a virtual machine {name} with {spec.cpus} CPUs[, {spec.memory_gb} GB of "
        "memory] and {spec.os}[ in {region}].",
        "vm {name}: {spec.os}, {spec.cpus} cpu, {spec.memory_gb} gb[, {region}]",
        "I need a box to test on, call it {name}. {spec.os}[, {spec.cpus} cores][, {spec.memory_gb} GB "
        "RAM][, {public_ip:reachable from outside|internal only}].",
        "Could you get me a machine running {spec.os} with {spec.memory_gb} gigabytes of RAM and "
        "{spec.cpus} cores[ under the name {name}][, located in {region}]?",
        "Please provision an instance named {name}[ in {region}] with the operating system {spec.os}, "
        "{spec.cpus} processors and {spec.memory_gb} GB of memory.",
        "The data team wants {spec.cpus} cores and {spec.memory_gb} GB[ on {spec.os}]. Name the server "
        "{name}[ and host it in {region}][, {public_ip:with|without} a public IP].",
    ),
    answer="The machine {name} is running at {ip} for {monthly_cost} dollars a month.",
)
def vm_provision(
    name: Annotated[
        str,
        Pick(
            "falcon", "sandbox-1", "ml-trainer", "ci-runner", "atlas", "demo-box", "reporting", "mercury",
            "qa-vm", "etl-node", "pegasus", "bastion", "wiki-host", "lab-03", "render-2",
        ),
    ],
    spec: VmSpec,
    region: Literal["Frankfurt", "Virginia", "Singapore", "Sydney", "London"] = "Frankfurt",
    public_ip: bool = False,
) -> dict[str, str | float]:  # fmt: skip
    """Provision a virtual machine in the cloud.

    Args:
        name: Name of the machine.
        spec: Number of CPUs, memory in gigabytes and operating system.
        region: Data centre to place it in.
        public_ip: Whether the machine gets a public IP address.
    """
    if spec["cpus"] < 1 or spec["memory_gb"] < 1:
        raise ValueError("a machine needs at least one CPU and one GB of memory")
    cost = spec["cpus"] * 11.5 + spec["memory_gb"] * 2.25 + (3.6 if public_ip else 0)
    prefix = "203.0.113" if public_ip else "10.0.4"
    return {"ip": f"{prefix}.{1 + _hash(name, region) % 250}", "monthly_cost": round(cost, 2)}


@tool(
    asks=(
        "(Add|Apply) these rules to the {firewall} firewall: {rules}.",
        "{firewall} firewall {rules}[ log {log:on|off}]",
        "The new app can't get through the firewall[ {firewall}]. Set {rules}[ with priority {priority}].",
        "For the firewall {firewall} I need the following: {rules}[, logging {log:enabled|disabled}].",
        "Kindly extend the rule set of {firewall}[ by {rules}][ at priority {priority}].",
        "Security asked us to change {firewall}[: {rules}][, and {log:log the matches|don't log anything}].",
    ),
    answer="The firewall {firewall} has {added} new rules, {denied} of which block traffic.",
)
def firewall_add_rules(
    firewall: Annotated[
        str,
        Pick(
            "perimeter", "office", "dmz", "guest-wifi", "datacenter", "vpn-edge", "lab", "production",
            "staging", "warehouse", "branch-north", "k8s-ingress", "mail-zone", "iot", "partner-net",
        ),
    ],
    rules: Annotated[list[FirewallRule], Size(1, 3)],
    priority: Annotated[int, Pick(50, 200, 300, 500, 900)] = 100,
    log: bool = False,
) -> dict[str, int | bool]:  # fmt: skip
    """Add rules to a firewall.

    Args:
        firewall: Name of the firewall.
        rules: The rules, each with action, protocol and port.
        priority: Priority of the rules; lower numbers are applied first.
        log: Whether to log packets that match.
    """
    if not rules or any(not 0 < rule["port"] < 65536 for rule in rules):
        raise ValueError("give at least one rule, with ports from 1 to 65535")
    denied = sum(rule["action"] == "deny" for rule in rules)
    return {"added": len(rules), "denied": denied, "priority": priority, "log": log}
