"""Whose the customer is."""

import asyncio

from tests.acceptance.beliefs.story import Story, march


async def test_a_member_leaves_and_nothing_is_dropped(story: Story) -> None:
    """A customer belongs to the person who serves them now *and* to the organisation; many departments touch the same
    customer. Nothing may fall between them.

    Ada owns the account, had asked Finance for a credit line, works on two requests and leads Service. She leaves at
    noon, while colleagues go on giving her work.
    """
    ada, bob = await story.member("Ada", "SERVICE"), await story.member("Bob", "SERVICE")
    path = f"/v1/departments/{story.departments['SERVICE']}"
    assert (await story.client.patch(path, json={"manager_id": ada})).status_code == 200
    await story.serves(ada, perceived_owner=True)
    asked = (await story.ticket("SERVICE", "FIN", requester_id=ada))["id"]
    working = [(await story.ticket("SALES", "SERVICE"))["id"] for _ in range(2)]
    for each in working:
        await story.do("assign", each, member_id=ada)
    waiting = [(await story.ticket("SALES", "SERVICE"))["id"] for _ in range(8)]

    story.when(2, 12)
    leaving = story.client.post(f"/v1/members/{ada}/leave", json={"to_member_id": bob})
    left, *given = await asyncio.gather(leaving, *(story.try_to("assign", each, member_id=ada) for each in waiting))
    assert left.status_code == 200, left.text
    assert {answer.status_code for answer in given} <= {200, 422}
    in_time = sum(answer.status_code == 200 for answer in given)
    assert left.json()["passed_on"] == {"tickets": 2 + in_time, "requests": 1, "relationships": 1, "departments": 1}

    assert (await story.get(f"/v1/tickets?assignee_id={ada}"))["items"] == []
    assert [(await story.get(f"/v1/tickets/{each}"))["assignee_id"] for each in working] == [bob, bob]
    assert (await story.get(f"/v1/tickets/{asked}"))["requester_id"] == bob
    assert (await story.get(path))["manager_id"] == bob
    current = (await story.get(f"/v1/customers/{story.customer_id}/relationships?state=current"))["items"]
    assert [(each["member_id"], each["role"], each["perceived_owner"]) for each in current] == [
        (bob, "account owner", True)
    ]
    before = (await story.get(f"/v1/customers/{story.customer_id}/relationships?state=ended"))["items"]
    assert [(each["member_id"], each["until"], each["end_reason"]) for each in before] == [
        (ada, march(2, 12), "Ada left.")
    ]
    assert (await story.told("member.left"))[0]["data"]["passed_on"] == left.json()["passed_on"]


async def test_nothing_may_fall_between_them(story: Story) -> None:
    """A customer belongs to the person who serves them now *and* to the organisation; many departments touch the same
    customer. Nothing may fall between them.

    Albion was promised a cold store, and Delta one, too. Within two weeks one promise nobody was asked to keep, a
    hand-off nobody took, a question nobody answered, a wait nobody chased, and a ticket nobody looked at.
    """
    delta = await story.customer("DELTA", name="Delta Retail", annual_value="8000.00", currency="EUR")
    forgotten = await story.promise("Cold store", "SALES", 31, value="256000.00", currency="EUR")
    ids = {}
    for name, provider, customer in (
        ("unseen", "FIN", delta),
        ("handed", "SERVICE", story.customer_id),
        ("asked", "FIN", delta),
        ("waiting", "OPS", story.customer_id),
    ):
        ids[name] = (await story.ticket("SALES", provider, customer_id=customer, title=name))["id"]
    await story.do("transfer", ids["handed"], department="OPS")
    await story.do("ask", ids["asked"], question="For one site or for both?")
    await story.do("wait", ids["waiting"], on="third_party", reason="The maker of the compressor must say.")
    assert (await story.get("/v1/attention"))["items"] == []

    story.when(16)
    listed = (await story.get("/v1/attention"))["items"]
    found = {item["subject"]["id"]: item["kind"] for item in listed}
    assert found == {
        forgotten: "commitment_without_ticket",
        ids["handed"]: "handoff_unaccepted",
        ids["waiting"]: "wait_unchased",
        ids["unseen"]: "unacknowledged",
        ids["asked"]: "question_unanswered",
    }
    # All have waited for two weeks: what is worth more comes first.
    assert [item["value"] for item in listed] == ["400000.00", "400000.00", "256000.00", "8000.00", "8000.00"]
    assert all(item["why"] and item["could_act"]["department_id"] for item in listed)
    of_albion = await story.get(f"/v1/attention?customer_id={story.customer_id}")
    assert {item["subject"]["id"] for item in of_albion["items"]} == {forgotten, ids["handed"], ids["waiting"]}

    # The maker is on holiday, and nobody can do a thing about it until Friday.
    subject = {"type": "ticket", "id": ids["waiting"]}
    snooze = {"kind": "wait_unchased", "subject": subject, "until": march(20), "reason": "The maker is on holiday."}
    await story.post("/v1/attention/snoozes", snooze)
    sales = story.departments["SALES"]
    stated = {"name": "sales", "role": "integration", "permissions": ["read", "write"], "department_ids": [sales]}
    key = (await story.post("/v1/api-keys", stated))["key"]
    words = {
        "body": "For both.",
        "title": "Build it",
        "requester_department_id": sales,
        "provider_department_id": story.departments["OPS"],
    }
    for item in (await story.get("/v1/attention"))["items"]:
        act = item["act"]
        sent = act["body"] | {name: words[name] for name in act["needs"]}
        response = await story.client.request(
            act["method"], act["path"], json=sent, headers={"Authorization": f"Bearer {key}"}
        )
        assert response.status_code in (200, 201), response.text
    assert (await story.get("/v1/attention"))["items"] == []

    story.when(20)
    (back,) = (await story.get("/v1/attention?kind=wait_unchased"))["items"]
    assert back["subject"]["id"] == ids["waiting"]


async def test_many_departments_touch_the_same_customer(story: Story) -> None:
    """A customer belongs to the person who serves them now *and* to the organisation; many departments touch the same
    customer. Nothing may fall between them.

    Ada owns the account. But it is Bob of Operations who answers Albion's questions, week after week, and nobody has
    written that down; while Cy, who is said to look after the invoices, has not been heard of.
    """
    ada, bob, cy = [await story.member(name, key) for name, key in (("Ada", "SALES"), ("Bob", "OPS"), ("Cy", "FIN"))]
    await story.serves(ada)
    await story.serves(cy, role="billing contact")
    await story.promise("A warm oven", "SALES", 20)
    ticket = (await story.ticket("SALES", "OPS", requester_id=ada))["id"]
    story.when(3)
    await story.do("assign", ticket, member_id=bob)
    for day in (4, 5):
        story.when(day)
        await story.do("comment", ticket, body="The oven is warm.")

    async def touched() -> tuple[dict[str, tuple[int, int, bool, list[str]]], list[str], dict[str, int]]:
        names = {ada: "Ada", bob: "Bob", cy: "Cy", None: "nobody known"}
        found = await story.of_customer("touchpoints")
        served = {
            names[each["member_id"]]: (each["touches"], each["comments"], each["related"], each["roles"])
            for each in found["items"]
        }
        return served, [names[each["member_id"]] for each in found["unserved"]], found["gaps"]

    served, unserved, gaps = await touched()
    assert served["Bob"] == (3, 2, False, [])
    assert served["Ada"][2:] == (True, ["account owner"])
    assert (unserved, gaps["served_without_relationship"], gaps["relationships_without_service"]) == (["Cy"], 1, 1)

    await story.serves(bob, role="delivery")
    story.when(6)
    await story.do("comment", ticket, body="It is still warm.")
    served, _, gaps = await touched()
    assert (served["Bob"], gaps["served_without_relationship"]) == ((4, 3, True, ["delivery"]), 0)

    told = (await story.of_customer("timeline"))["items"]
    assert [each["at"] for each in told] == sorted(each["at"] for each in told)
    assert {each["kind"] for each in told} == {"commitment", "ticket", "comment", "relationship"}
    assert [each["text"] for each in told if each["member_id"] == bob and each["kind"] != "comment"] == [
        "T-1 SALES asks OPS: Bob has it.",
        "Bob serves the customer as delivery.",
    ]


async def test_a_hygienist_moves_with_her_patients(story: Story) -> None:
    """The customer decides whom their business belongs to; relationships follow people.

    Hana cleans the teeth of three families at the practice in the north. Two of them think of her as their dentist, and
    one does not. When she moves to the south, they come with her; one family stays, and Nora looks after them.
    """
    hana, nora = await story.member("Hana", "NORTH"), await story.member("Nora", "NORTH")
    families = {name: await story.customer(name, annual_value="2000.00", currency="EUR") for name in ("Abel", "Byrne")}
    families["Cohen"] = await story.customer("Cohen", annual_value="5000.00", currency="EUR")
    served = {
        name: await story.serves(hana, families[name], "hygienist", perceived_owner=name != "Cohen")
        for name in families
    }

    async def hangs_on(department: str) -> dict[str, tuple[int, int, list[str]]]:
        asked = f"/v1/metrics/key-people?department_id={await story.department(department)}"
        return {
            each["name"]: (
                each["customers"],
                each["perceived_owner_of"],
                [worth["value"] for worth in each["sole_customer_value"]],
            )
            for each in (await story.get(asked))["rows"]
        }

    assert await hangs_on("NORTH") == {"Hana": (3, 2, ["9000.00"])}

    story.when(9)
    moved = {"department_ids": [await story.department("SOUTH")]}
    assert (await story.client.patch(f"/v1/members/{hana}", json=moved)).status_code == 200
    assert (await hangs_on("NORTH"), await hangs_on("SOUTH")) == ({}, {"Hana": (3, 2, ["9000.00"])})
    cleaning = await story.ticket("SOUTH", "LAB", requester_id=hana, customer_id=families["Abel"])
    touched = (await story.of_customer("touchpoints", families["Abel"]))["items"]
    touch = next(each for each in touched if each["member_id"] == hana)
    assert story.key_of(touch["department_id"]) == "SOUTH"
    assert (touch["related"], touch["related_by"]) == (True, "member")
    (owner,) = (await story.of_customer("brief", cleaning["customer_id"]))["served_by"]
    assert (owner["name"], owner["perceived_owner"]) == ("Hana", True)

    story.when(16)
    path = f"/v1/customers/{families['Cohen']}/relationships"
    stays = {"member_id": nora, "reason": "It is nearer to their home."}
    await story.post(f"{path}/{served['Cohen']}/hand-over", stays, 200)
    assert await hangs_on("NORTH") == {"Nora": (1, 0, ["5000.00"])}
    assert await hangs_on("SOUTH") == {"Hana": (2, 2, ["4000.00"])}
    for day, serving in ((15, hana), (16, nora)):
        (then,) = (await story.get(f"{path}?as_of={march(day)}"))["items"]
        assert (then["member_id"], then["role"]) == (serving, "hygienist")

    # The day she leaves for good, whoever takes over is whom these families think of.
    story.when(30)
    left = await story.post(f"/v1/members/{hana}/leave", {"to_member_id": nora}, 200)
    assert left["passed_on"]["relationships"] == 2
    assert await hangs_on("NORTH") == {"Nora": (3, 2, ["9000.00"])}
    told = [
        each["text"] for each in (await story.of_customer("timeline?kind=relationship", families["Byrne"]))["items"]
    ]
    assert told == [
        "Hana serves the customer as hygienist.",
        "The customer takes Hana for its owner.",
        "Hana handed over to Nora as hygienist: Hana left.",
        "Nora serves the customer as hygienist.",
        "The customer takes Nora for its owner.",
    ]
