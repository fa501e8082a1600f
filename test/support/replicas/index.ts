export { newFirstPerson, newRelative, signInAgain, told, type Person } from './people.js';
export { Replicas } from './replicas.js';
export { asSuperuser } from './sql.js';
