import { authorization } from '@mentor-sessions/lab/every-service/authorization';
import { conditions } from '@mentor-sessions/lab/every-service/conditions';
import { documents } from '@mentor-sessions/lab/every-service/documents';
import { lists } from '@mentor-sessions/lab/every-service/lists';
import { orderOfChecks } from '@mentor-sessions/lab/every-service/order-of-checks';
import { outage } from '@mentor-sessions/lab/every-service/outage';
import { sequences } from '@mentor-sessions/lab/every-service/sequences';
import { sessions } from './the-service.ts';

documents(sessions);
authorization(sessions);
orderOfChecks(sessions);
conditions(sessions);
sequences(sessions);
lists(sessions);
outage(sessions);
