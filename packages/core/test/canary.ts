/** Stands for every secret. It must not be seen outside the request that carries it. */
export const canary = "canary-5f0c1e"
