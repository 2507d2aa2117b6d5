import json, os, time, pika

queue, seen = "emails.session-completed", set()  # in production a table: insert the id in the transaction of the effect

def handle(channel, method, properties, body):
    try:
        event = json.loads(body)
        if (event["dataschema"], properties.user_id) != ("urn:mentor-sessions:session.completed:1", "sessions"):
            raise ValueError("not ours to handle")
        if event["id"] not in seen:
            print(event["id"], event["data"]["sessionId"], event["data"]["completedAt"], flush=True)
        seen.add(event["id"])
        channel.basic_ack(method.delivery_tag)
    except (ValueError, KeyError, TypeError):
        channel.basic_nack(method.delivery_tag, requeue=False)  # to the dead queue

dead = {"x-dead-letter-exchange": "emails.dead", "x-dead-letter-routing-key": queue, "x-delivery-limit": 20}
while True:  # reconnects
    try:
        channel = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"])).channel()
        channel.exchange_declare("emails.dead", "direct", durable=True)
        for name, arguments in ((f"{queue}.dead", {}), (queue, dead)):
            channel.queue_declare(name, durable=True, arguments={"x-queue-type": "quorum", **arguments})
        channel.queue_bind(f"{queue}.dead", "emails.dead", queue)
        channel.queue_bind(queue, "mentoring.events", "session.completed")
        channel.basic_qos(prefetch_count=50)
        channel.basic_consume(queue, handle)
        channel.start_consuming()
    except (pika.exceptions.AMQPError, OSError):
        time.sleep(1)
