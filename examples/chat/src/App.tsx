// The frame: channels on the left, the chosen channel on the right.
import { useQuery } from "convex/react";
import { useState } from "react";
import { api } from "../convex/_generated/api";
import type { Id } from "../convex/_generated/dataModel";
import { Channel } from "./Channel";
import { ConnectionPill } from "./ConnectionPill";
import { Sidebar } from "./Sidebar";
import { useAuthor } from "./useAuthor";

export function App() {
  const channels = useQuery(api.channels.list);
  const [chosen, setChosen] = useState<Id<"channels"> | null>(null);
  const [author, setAuthor] = useAuthor();
  const channel = channels?.find((c) => c._id === chosen) ?? channels?.[0];

  return (
    <div className="app">
      <Sidebar
        channels={channels}
        chosen={channel?._id ?? null}
        onChoose={setChosen}
        author={author}
        onAuthorChange={setAuthor}
      />
      <main className="main">
        <header className="topbar">
          <h1 data-testid="channel-title">{channel ? <><span aria-hidden="true">#</span>{channel.name}</> : "Concave chat"}</h1>
          <ConnectionPill />
        </header>
        {channel ? (
          <Channel key={channel._id} channel={channel} author={author} />
        ) : (
          <Welcome loading={channels === undefined} />
        )}
      </main>
    </div>
  );
}

function Welcome({ loading }: { loading: boolean }) {
  if (loading) {
    return <p className="empty" role="status" data-testid="loading">Loading channels…</p>;
  }
  return (
    <div className="empty" data-testid="no-channels">
      <p className="empty-title">No channels yet</p>
      <p>Make the first one on the left, then open this page in a second window.</p>
    </div>
  );
}
