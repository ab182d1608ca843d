/** The arguments of all commands on models. */
export const COMMON = {backend: {type: 'string'}, json: {type: 'boolean'}} as const;
