"""The queue and the dead queue of this service: its own names, declared by it, kept by the broker while it is away."""

QUEUE = "analytics.session-completed"
DEAD = "analytics.dead"


def declare(channel):
    channel.exchange_declare(DEAD, "direct", durable=True)
    channel.queue_declare(f"{QUEUE}.dead", durable=True, arguments={"x-queue-type": "quorum"})
    channel.queue_bind(f"{QUEUE}.dead", DEAD, QUEUE)
    arguments = {
        "x-queue-type": "quorum",
        "x-delivery-limit": 20,  # redeliveries, lost connections included
        "x-dead-letter-exchange": DEAD,
        "x-dead-letter-routing-key": QUEUE,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
    channel.queue_declare(QUEUE, durable=True, arguments=arguments)
    channel.queue_bind(QUEUE, "mentoring.events", "session.completed")
