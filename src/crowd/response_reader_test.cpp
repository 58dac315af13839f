#include "crowd/response_reader.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace marketday::crowd {
namespace {

using Step = ResponseReader::Step;

const std::string kAnswer =
    "HTTP/1.1 201 Created\r\nServer: x\r\nCONTENT-length: 12\r\nRetry-After: 7\r\nConnection: "
    "keep-alive\r\n\r\n{\"order\":\"1\"}";

TEST(ResponseReader, reads_a_whole_answer_where_it_lies) {
    ResponseReader reader;
    const std::string bytes = kAnswer.substr(0, kAnswer.size() - 1);
    ASSERT_EQ(reader.consume(bytes), Step::complete);
    EXPECT_EQ(reader.head().status, 201);
    EXPECT_EQ(reader.head().retry_after_s, 7);
    EXPECT_TRUE(reader.head().keep_alive);
    EXPECT_EQ(reader.body(), "{\"order\":\"1\"");
    EXPECT_GE(reader.body().data(), bytes.data());
    EXPECT_LE(reader.body().data() + reader.body().size(), bytes.data() + bytes.size());
}

TEST(ResponseReader, split_anywhere_the_answer_is_the_same) {
    const std::string bytes = kAnswer.substr(0, kAnswer.size() - 1);
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
        ResponseReader reader;
        ASSERT_EQ(reader.consume(bytes.substr(0, cut)), Step::more) << cut;
        const std::string rest = bytes.substr(cut);
        ASSERT_EQ(reader.consume(rest), Step::complete) << cut;
        EXPECT_EQ(reader.body(), "{\"order\":\"1\"");
    }
}

TEST(ResponseReader, byte_by_byte_and_then_the_next_one_on_the_same_connection) {
    ResponseReader reader;
    const std::string bytes = kAnswer.substr(0, kAnswer.size() - 1);
    for (int round = 0; round < 3; ++round) {
        Step step = Step::more;
        for (const char& byte : bytes) step = reader.consume({&byte, 1});
        ASSERT_EQ(step, Step::complete);
        EXPECT_EQ(reader.body().size(), 12U);
        reader.finish();
        EXPECT_FALSE(reader.started());
    }
}

TEST(ResponseReader, interim_answers_are_passed_over) {
    ResponseReader reader;
    const std::string bytes = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
        ASSERT_EQ(reader.consume(bytes.substr(0, cut)), Step::more);
        const std::string rest = bytes.substr(cut);
        ASSERT_EQ(reader.consume(rest), Step::complete);
        EXPECT_EQ(reader.head().status, 200);
        EXPECT_EQ(reader.body(), "ok");
        reader.finish();
    }
}

TEST(ResponseReader, chunked_bodies_are_put_together) {
    const std::string bytes =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=1\r\n0123456789\r\n0\r\n\r\n";
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
        ResponseReader reader;
        ASSERT_EQ(reader.consume(bytes.substr(0, cut)), Step::more) << cut;
        const std::string rest = bytes.substr(cut);
        ASSERT_EQ(reader.consume(rest), Step::complete) << cut;
        EXPECT_EQ(reader.body(), "abc0123456789");
    }
}

TEST(ResponseReader, answers_without_a_body_end_with_their_head) {
    for (const char* head :
         {"HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"}) {
        ResponseReader reader;
        EXPECT_EQ(reader.consume(head), Step::complete);
        EXPECT_TRUE(reader.body().empty());
    }
}

TEST(ResponseReader, without_a_length_the_body_runs_to_the_end_of_the_connection) {
    ResponseReader reader;
    ASSERT_EQ(reader.consume("HTTP/1.0 200 OK\r\n\r\nall of"), Step::more);
    ASSERT_EQ(reader.consume(" it"), Step::more);
    ASSERT_EQ(reader.end_of_stream(), Step::complete);
    EXPECT_EQ(reader.body(), "all of it");
    EXPECT_FALSE(reader.head().keep_alive);
}

TEST(ResponseReader, a_cut_answer_is_broken) {
    ResponseReader reader;
    ASSERT_EQ(reader.consume(kAnswer.substr(0, kAnswer.size() - 5)), Step::more);
    EXPECT_EQ(reader.end_of_stream(), Step::broken);
}

TEST(ResponseReader, garbage_is_broken_and_never_read_past_its_end) {
    for (const char* garbage :
         {"SSH-2.0-OpenSSH", "HTTP/1.1 xyz Bad\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/2 200\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9x\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
        ResponseReader reader;
        EXPECT_EQ(reader.consume(garbage), Step::broken) << garbage;
    }
    ResponseReader reader;
    EXPECT_EQ(reader.consume("HTTP/1.1 200 OK\r\nX: " + std::string(ResponseReader::kHeadBytesMax, 'a')), Step::broken);
}

TEST(ResponseReader, random_damage_never_breaks_the_reader) {
    SeededRandom random(7);
    const std::string good = kAnswer.substr(0, kAnswer.size() - 1);
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes = good;
        for (std::uint64_t i = random.below(4); i-- > 0;)
            bytes[random.below(bytes.size())] = static_cast<char>(random.u64());
        ResponseReader reader;
        std::string_view rest = bytes;
        Step step = Step::more;
        while (!rest.empty() && step == Step::more) {
            const std::size_t take = 1 + random.below(rest.size());
            step = reader.consume(rest.substr(0, take));
            rest.remove_prefix(take);
        }
        EXPECT_TRUE(step != Step::complete || reader.body().size() <= bytes.size());
    }
}

}  // namespace
}  // namespace marketday::crowd
