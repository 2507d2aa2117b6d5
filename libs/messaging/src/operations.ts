export { outboxState, type OutboxState } from './outbox/outbox-state.ts';
export { openOperatorBroker, type OperatorBroker } from './broker/operator-broker.ts';
export { pausable } from './operations/worker.ts';
