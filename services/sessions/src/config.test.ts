import { configuration } from '@mentor-sessions/lab/every-service/configuration';
import { readConfig } from './config.ts';

configuration('sessions', readConfig);
