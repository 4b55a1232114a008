// The live feed: the newest state of campaigns and accounts, as server-sent events, four a second at most.
import { createContext, useContext, useEffect, useMemo, useSyncExternalStore } from "react";
import { createElement, type ReactNode } from "react";

export interface LiveCampaign {
  id: string;
  key: string;
  name: string;
  status: string;
  total: number;
  queued: number;
  sending: number;
  deferred: number;
  sent: number;
  failed: number;
  skipped: number;
  uncertain: number;
  cancelled: number;
  refused: number;
  delivered: number;
  read: number;
  bounced: number;
  pause_reason: string | null;
  resumes_at: string | null;
  started_at: string | null;
  finished_at: string | null;
  updated_at: string;
}

export interface LiveAccount {
  id: string;
  name: string;
  state: string;
  reason: string | null;
  resumes_at: string | null;
}

/** One thing that holds a campaign back. */
export interface LiveCause {
  campaign: string;
  account: string | null;
  cause: string;
  sentence: string;
  until: string | null;
}

/** When a campaign will finish as things are, and what holds it back. */
export interface LiveOutlook {
  id: string;
  /** null: not by itself. */
  finish_at: string | null;
  /** The earliest and the latest likely finish. */
  finish_range: [string, string] | null;
  causes: LiveCause[];
}

export interface Live {
  campaigns: ReadonlyMap<string, LiveCampaign>;
  accounts: ReadonlyMap<string, LiveAccount>;
  outlooks: ReadonlyMap<string, LiveOutlook>;
  /** Whether the feed is connected; without it pages ask now and then. */
  connected: boolean;
}

type Listener = () => void;
const NOTHING: Live = { campaigns: new Map(), accounts: new Map(), outlooks: new Map(), connected: false };

/** One connection for all pages of a tab; each event replaces the state as a whole. */
class Feed {
  private state: Live = NOTHING;
  private readonly listeners = new Set<Listener>();
  private source: EventSource | null = null;

  start(): void {
    const source = new EventSource("/api/v1/feed");
    source.addEventListener("changes", (event) => this.take(String(event.data)));
    source.onopen = () => this.set({ ...this.state, connected: true });
    source.onerror = () => this.set({ ...this.state, connected: false });
    this.source = source;
  }

  stop(): void {
    this.source?.close();
    this.source = null;
    this.set(NOTHING);
  }

  readonly subscribe = (listener: Listener): Listener => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly read = (): Live => this.state;

  private take(text: string): void {
    const { campaigns = [], accounts = [], outlooks = [] } = JSON.parse(text) as { campaigns?: LiveCampaign[]; accounts?: LiveAccount[]; outlooks?: LiveOutlook[] };
    const known = this.state.campaigns;
    const outdated = campaigns.filter((one) => known.has(one.id) && known.get(one.id)?.status !== one.status);
    this.set({
      campaigns: merged(known, campaigns),
      accounts: merged(this.state.accounts, accounts),
      outlooks: merged(without(this.state.outlooks, outdated), outlooks),
      connected: true,
    });
  }

  private set(state: Live): void {
    this.state = state;
    for (const listener of this.listeners) listener();
  }
}

function merged<T extends { id: string }>(known: ReadonlyMap<string, T>, news: T[]): ReadonlyMap<string, T> {
  if (news.length === 0) return known;
  const all = new Map(known);
  for (const thing of news) all.set(thing.id, thing);
  return all;
}

/** What was foreseen for another status holds no more. */
function without<T>(known: ReadonlyMap<string, T>, gone: readonly { id: string }[]): ReadonlyMap<string, T> {
  if (gone.length === 0) return known;
  const left = new Map(known);
  for (const { id } of gone) left.delete(id);
  return left;
}

const FeedContext = createContext<Feed | null>(null);

/** Keeps the feed open while the person is logged in. */
export function FeedProvider({ children }: { children: ReactNode }) {
  const feed = useMemo(() => new Feed(), []);
  useEffect(() => {
    feed.start();
    return () => feed.stop();
  }, [feed]);
  return createElement(FeedContext.Provider, { value: feed }, children);
}

function useFeed(): Feed {
  const feed = useContext(FeedContext);
  if (!feed) throw new Error("only below the shell");
  return feed;
}

/** What the feed has told so far; whoever uses it is drawn anew with every event. */
export function useLive(): Live {
  const feed = useFeed();
  return useSyncExternalStore(feed.subscribe, feed.read);
}

/** Whether the feed is connected. */
export function useConnected(): boolean {
  const feed = useFeed();
  return useSyncExternalStore(feed.subscribe, () => feed.read().connected);
}

/** The newest state of one campaign; undefined until the feed has named it. */
export function useLiveCampaign(id: string): LiveCampaign | undefined {
  const feed = useFeed();
  return useSyncExternalStore(feed.subscribe, () => feed.read().campaigns.get(id));
}

/** The newest state of one account; undefined until the feed has named it. */
export function useLiveAccount(id: string): LiveAccount | undefined {
  const feed = useFeed();
  return useSyncExternalStore(feed.subscribe, () => feed.read().accounts.get(id));
}

/** What is foreseen of one campaign; undefined until the feed has told, and while it is not connected. */
export function useLiveOutlook(id: string): LiveOutlook | undefined {
  const feed = useFeed();
  return useSyncExternalStore(feed.subscribe, () => (feed.read().connected ? feed.read().outlooks.get(id) : undefined));
}
