import { Anonymous } from "@convex-dev/auth/providers/Anonymous";
import { Password } from "@convex-dev/auth/providers/Password";
import { convexAuth } from "@convex-dev/auth/server";
import { ConvexError } from "convex/values";

export const { auth, signIn, signOut, store, isAuthenticated } = convexAuth({
  providers: [
    Password({
      profile: ({ email, name }) => ({ email: email as string, name: name as string }),
      validatePasswordRequirements: (password) => {
        if (password.length < 10) throw new ConvexError("too short");
      },
    }),
    Anonymous,
  ],
  jwt: { durationMs: 3_600_000, customClaims: async () => ({ role: "reader" }) },
});
