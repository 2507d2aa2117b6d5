package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

const queue = "letters.session-completed"

var seen = map[string]bool{} // in production a table: insert the id in the transaction of the effect

type event struct {
	ID, DataSchema string
	Data           struct{ SessionID, CompletedAt string }
}

func handle(delivery amqp.Delivery) error {
	var one event
	if json.Unmarshal(delivery.Body, &one) != nil || delivery.UserId != "sessions" ||
		one.DataSchema != "urn:mentor-sessions:session.completed:1" {
		return delivery.Nack(false, false) // to the dead queue
	}
	if !seen[one.ID] {
		fmt.Println(one.ID, one.Data.SessionID, one.Data.CompletedAt)
	}
	seen[one.ID] = true
	return delivery.Ack(false)
}

func declare(channel *amqp.Channel) error {
	dead := amqp.Table{"x-queue-type": "quorum"}
	own := amqp.Table{"x-queue-type": "quorum", "x-delivery-limit": 20,
		"x-dead-letter-exchange": "letters.dead", "x-dead-letter-routing-key": queue}
	err := channel.ExchangeDeclare("letters.dead", "direct", true, false, false, false, nil)
	for name, arguments := range map[string]amqp.Table{queue + ".dead": dead, queue: own} {
		if err == nil {
			_, err = channel.QueueDeclare(name, true, false, false, false, arguments)
		}
	}
	if err == nil {
		err = channel.QueueBind(queue+".dead", queue, "letters.dead", false, nil)
	}
	if err == nil {
		err = channel.QueueBind(queue, "session.completed", "mentoring.events", false, nil)
	}
	return err
}

func consume() error {
	connection, err := amqp.Dial(os.Getenv("AMQP_URL"))
	if err != nil {
		return err
	}
	defer connection.Close()
	channel, err := connection.Channel()
	if err != nil {
		return err
	}
	if err := declare(channel); err != nil {
		return err
	}
	if err := channel.Qos(50, 0, false); err != nil {
		return err
	}
	deliveries, err := channel.Consume(queue, "", false, false, false, false, nil)
	if err != nil {
		return err
	}
	for delivery := range deliveries {
		if err := handle(delivery); err != nil {
			return err
		}
	}
	return errors.New("connection lost")
}

func main() {
	for { // reconnects
		log.Print(consume())
		time.Sleep(time.Second)
	}
}
