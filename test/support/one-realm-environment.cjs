const {TestEnvironment} = require('jest-environment-node');

/**
 * tfjs-node returns typed arrays of Node's own realm, while Jest gives every test file a realm with other classes of
 * the same names (it shares `Uint8Array` only): `instanceof` fails, and tfjs takes an `Int32Array` for floats.
 * Here both realms have the same typed arrays, as in plain Node.
 */
module.exports = class OneRealmEnvironment extends TestEnvironment {
  constructor(...args) {
    super(...args);
    const typedArrays = {
      Int8Array,
      Uint8ClampedArray,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
      Float32Array,
      Float64Array,
    };
    Object.assign(this.global, typedArrays);
  }
};
