export { openOperatorBroker, type OperatorBroker } from './operations/operator-broker.ts';
