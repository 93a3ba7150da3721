// Connects the page to the deployment named by VITE_CONVEX_URL and shows the chat.
import { ConvexProvider, ConvexReactClient } from "convex/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { SetupHint } from "./SetupHint";
import "./styles.css";

const url: string | undefined = import.meta.env.VITE_CONVEX_URL;
const client = url ? new ConvexReactClient(url) : null;

function Root() {
  if (client === null) return <SetupHint />;
  return (
    <ConvexProvider client={client}>
      <App />
    </ConvexProvider>
  );
}

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <Root />
  </StrictMode>,
);
