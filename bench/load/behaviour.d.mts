export type Step = 'sign_in' | 'list_members' | 'list_memories' | 'search' | 'remember';
export type Action = Exclude<Step, 'sign_in'>;
export interface Account {
  readonly email: string;
  readonly password: string;
}
export interface Arrivals {
  readonly users: number;
  readonly ramp: number;
  readonly first?: number;
  readonly wait?: number;
}
type Random = () => number;

export const STEPS: Readonly<
  Record<
    Step,
    { readonly method: 'GET' | 'POST'; readonly path: string; readonly endpoint: string; readonly status: number }
  >
>;
export function between(range: readonly [number, number], random: Random): number;
export function chooseAction(mix: Readonly<Record<Action, number>>, random: Random): Action;
export function content(random: Random): string;
export function question(random: Random): string;
export function bodyOf(step: Step, account: Account, random: Random): Readonly<Record<string, string>> | undefined;
export function addressOf(user: number): string;
export function arrivalOf(user: number, load: Arrivals): number;
