"""Minutes of mentoring per mentor, from session.completed: pika, jsonschema and SQLite, nothing of this repository but the JSON Schema.

AMQP_URL  as your own broker user        SCHEMA    libs/contracts/schemas/session.completed.v1.json, or the file of the npm package
DATABASE  a SQLite file                  SENDER    broker user who alone may send the event (default: sessions)
"""

import json
import logging
import os
import signal
import sqlite3
import time

import jsonschema
import pika

from storage import open_database, store
from topology import QUEUE, declare

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
logging.getLogger("pika").setLevel(logging.CRITICAL)  # what it says of lost connections is said below, once
log = logging.getLogger("analytics")

SENDER = os.environ.get("SENDER", "sessions")
with open(os.environ["SCHEMA"], encoding="utf-8") as file:
    schema = json.load(file)
validator = jsonschema.Draft202012Validator(schema)
stopping = False


def stop(*_):
    global stopping
    stopping = True


def read(properties, body):
    """The event, or an error that says why it can never be handled. Unknown fields are ignored, unknown versions are not."""
    event = json.loads(body)
    if event["dataschema"] != schema["$id"]:
        raise ValueError(f"unknown version {event['dataschema']}")
    if properties.user_id != SENDER:
        raise ValueError(f"sent by {properties.user_id}")
    if properties.message_id != event["id"]:
        raise ValueError("messageId and id differ")
    validator.validate(event["data"])
    return event


def handle(channel, database, delivery):
    method, properties, body = delivery
    try:
        event = read(properties, body)
    except (ValueError, KeyError, TypeError, RecursionError, jsonschema.ValidationError) as error:
        log.error("to the dead queue: %s %s", properties.message_id, str(error).splitlines()[0])
        channel.basic_nack(method.delivery_tag, requeue=False)
        return
    store(database, event)  # commits
    channel.basic_ack(method.delivery_tag)


def consume(database):
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
    channel = connection.channel()
    declare(channel)
    channel.basic_qos(prefetch_count=100)
    log.info("consuming %s", QUEUE)
    for delivery in channel.consume(QUEUE, inactivity_timeout=0.5):
        if stopping:
            break
        if delivery[0] is not None:
            handle(channel, database, delivery)
    if stopping:
        connection.close()  # what was handed out and not acknowledged goes back to the queue
    else:
        raise pika.exceptions.AMQPError("the queue is gone")


signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
database = open_database(os.environ["DATABASE"])
while not stopping:
    try:
        consume(database)
    except (pika.exceptions.AMQPError, OSError, sqlite3.OperationalError) as error:
        log.warning("trying again in a second: %r", error)
        time.sleep(1)
