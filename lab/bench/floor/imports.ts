/** A process that imports the services' dependencies, prints `ready` and does nothing. */
const { LIBRARIES = '' } = process.env;
await Promise.all(LIBRARIES.split(',').map((name) => import(name)));
console.log('ready');
setInterval(() => undefined, 60_000);
