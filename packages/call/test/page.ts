// What the test pages have at hand: the engine as a page would have it.
import { openDevices } from '../src/devices.ts';
import { openCall } from '../src/index.ts';

Object.assign(globalThis, { openCall, openDevices });
