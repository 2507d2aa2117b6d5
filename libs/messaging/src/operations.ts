export { outboxState, type OutboxState } from './outbox/outbox-state.ts';
export { openOperatorBroker, type OperatorBroker } from './operations/operator-broker.ts';
