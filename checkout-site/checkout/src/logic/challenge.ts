/**
 * Challenges: what the API asks of a browser while many payments fail around it (docs/card-testing.md). A solver
 * is found by the challenge's type. Another kind, such as a service's widget, is one more entry in SOLVERS.
 */

import type { Challenge } from "../../../shared/resources";

export type Solver = (challenge: Challenge) => Promise<string>;

export const SOLVERS: Record<string, Solver> = { proof_of_work: proveWork };

// Browsers derive keys on several threads.
const AT_ONCE = 8;

/** The solution, or undefined where this page has no solver for it. */
export async function solve(challenge: Challenge): Promise<string | undefined> {
  return SOLVERS[challenge.type]?.(challenge);
}

/** Looks for the number whose PBKDF2 over the token begins with enough zero bits. */
async function proveWork({ token, bits, iterations }: Challenge): Promise<string> {
  const encoder = new TextEncoder();
  const parameters = { name: "PBKDF2", hash: "SHA-256", salt: encoder.encode(token), iterations };
  const proofOf = async (number: number): Promise<number> => {
    const password = encoder.encode(String(number));
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    return zeroBits(new Uint8Array(await crypto.subtle.deriveBits(parameters, key, 256)));
  };
  for (let first = 0; ; first += AT_ONCE) {
    const numbers = Array.from({ length: AT_ONCE }, (_, index) => first + index);
    const proofs = await Promise.all(numbers.map(proofOf));
    const found = proofs.findIndex((zeros) => zeros >= bits);
    if (found >= 0) return String(first + found);
  }
}

function zeroBits(bytes: Uint8Array): number {
  const full = bytes.findIndex((byte) => byte !== 0);
  return full < 0 ? bytes.length * 8 : full * 8 + Math.clz32(bytes[full] ?? 0) - 24;
}
