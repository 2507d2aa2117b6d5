/** A process that imports what the services import, says that it has, and does nothing. */
const { LIBRARIES = '' } = process.env;
await Promise.all(LIBRARIES.split(',').map((name) => import(name)));
console.log('ready');
setInterval(() => undefined, 60_000);
