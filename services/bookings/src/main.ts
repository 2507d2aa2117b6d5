import { runService } from '@mentor-sessions/service-kit/run-service';
import { readConfig } from './config.ts';
import { createBookingsService, roles } from './service.ts';

// node src/main.ts relay runs that role alone; without an argument all roles run in one process
await runService(roles, (running) => createBookingsService(readConfig(), running));
