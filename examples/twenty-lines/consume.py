import json, os, time
import pika

queue, seen = "emails.session-completed", set()  # a table, when it matters: the id goes in with the effect, in one transaction

def handle(channel, method, properties, body):
    try:
        event = json.loads(body)
        assert event["dataschema"] == "urn:mentor-sessions:session.completed:1" and properties.user_id == "sessions"
    except (ValueError, KeyError, TypeError, AssertionError):
        return channel.basic_nack(method.delivery_tag, requeue=False)  # goes to the dead queue
    if event["id"] not in seen:
        print(event["id"], event["data"]["sessionId"], event["data"]["completedAt"], flush=True)
    seen.add(event["id"])
    channel.basic_ack(method.delivery_tag)

dead = {"x-dead-letter-exchange": "emails.dead", "x-dead-letter-routing-key": queue}
while True:  # comes back when the broker does
    try:
        channel = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"])).channel()
        channel.exchange_declare("emails.dead", "direct", durable=True)
        channel.queue_declare(f"{queue}.dead", durable=True, arguments={"x-queue-type": "quorum"})
        channel.queue_bind(f"{queue}.dead", "emails.dead", queue)
        channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum", "x-delivery-limit": 20, **dead})
        channel.queue_bind(queue, "mentoring.events", "session.completed")
        channel.basic_qos(prefetch_count=50)
        channel.basic_consume(queue, handle)
        channel.start_consuming()
    except (pika.exceptions.AMQPError, OSError):
        time.sleep(1)
